/** The monolith; logs for each SQL statement which trace, and which cause within it, has sent it. */
import { subscribe } from 'node:diagnostics_channel';
import { auth } from '#auth';
import { currentCause } from '#events';
import { notifications } from '#notifications';
import { posts } from '#posts';
import { runService } from '#runtime';
import { users } from '#users';
import pg from 'pg';

/** A process with a single service has the name of this service. */
const name = process.env['SERVICES']?.match(/^\w+$/)?.[0] ?? 'monolith';
const numbers = new WeakMap<object, number>();
let causes = 0;

const query: (this: pg.Client, ...parameters: unknown[]) => unknown = pg.Client.prototype.query;
Object.assign(pg.Client.prototype, {
  query(this: pg.Client, ...parameters: unknown[]) {
    const cause = currentCause();
    if (cause) {
      const number = numbers.get(cause) ?? ++causes;
      numbers.set(cause, number);
      process.stdout.write(`sql ${cause.traceparent?.slice(3, 35)} ${name} ${number}\n`);
    }
    return query.apply(this, parameters);
  },
});

// An HTTP request that is sent while another one is handled would be a synchronous call between services.
for (const channel of ['undici:request:create', 'http.client.request.start'])
  subscribe(channel, (message) => {
    const { path = '' } = (message as { request: { path?: string } }).request;
    // Public keys may be fetched while a request with an unknown key is handled.
    if (currentCause() && !path.endsWith('/jwks.json')) process.stdout.write(`hop ${name} ${path}\n`);
  });

await runService({
  name,
  services: [auth, users, posts, notifications],
});
