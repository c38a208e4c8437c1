/** The monolith, telling of each SQL statement which trace and which cause within it sent it. */
import { auth, SigningKeys } from '#auth';
import { currentCause } from '#events';
import { notifications } from '#notifications';
import { posts } from '#posts';
import { runService } from '#runtime';
import { users } from '#users';
import pg from 'pg';

const numbers = new WeakMap<object, number>();
let causes = 0;

const query: (this: pg.Client, ...parameters: unknown[]) => unknown = pg.Client.prototype.query;
Object.assign(pg.Client.prototype, {
  query(this: pg.Client, ...parameters: unknown[]) {
    const cause = currentCause();
    if (cause) {
      const number = numbers.get(cause) ?? ++causes;
      numbers.set(cause, number);
      process.stdout.write(`sql ${cause.traceparent?.slice(3, 35)} ${number}\n`);
    }
    return query.apply(this, parameters);
  },
});

await runService({
  name: 'counting-test',
  services: [auth, users, posts, notifications],
  keySource: (app) => app.get(SigningKeys, { strict: false }),
});
