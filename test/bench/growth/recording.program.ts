/** The services that read, unmodified; tells its parent, for a trace id, the SQL statements of that request. */
import { currentCause } from '#events';
import { notifications } from '#notifications';
import { posts } from '#posts';
import { runService } from '#runtime';
import { users } from '#users';
import type { JWK } from 'jose';
import pg from 'pg';
import type { Recorded } from './buffers.js';

const publicKey = JSON.parse(process.env['BENCH_PUBLIC_KEY'] ?? '') as JWK;
const recorded = new Map<string, Recorded[]>();

const query: (this: pg.Client, ...parameters: unknown[]) => unknown = pg.Client.prototype.query;
Object.assign(pg.Client.prototype, {
  query(this: pg.Client, ...parameters: unknown[]) {
    const traceId = currentCause()?.traceparent?.slice(3, 35);
    const statement = traceId === undefined ? undefined : statementOf(this, parameters);
    if (traceId !== undefined && statement) recorded.set(traceId, [...(recorded.get(traceId) ?? []), statement]);
    return query.apply(this, parameters);
  },
});

/** The connections of a service are named after it. */
function statementOf(client: pg.Client, [first, second]: readonly unknown[]): Recorded | undefined {
  const { application_name: application = '' } = (client as unknown as Connected).connectionParameters;
  const service = application.replace(/^twofold-/, '');
  if (typeof first === 'string') return { service, text: first, values: (second as unknown[] | undefined) ?? [] };
  const { text, values = [] } = first as { text?: string; values?: unknown[] };
  return text === undefined ? undefined : { service, text, values };
}

interface Connected {
  readonly connectionParameters: { readonly application_name?: string };
}

process.on('message', (traceId: string) => {
  process.send?.(recorded.get(traceId) ?? []);
  recorded.clear();
});

await runService({
  name: 'bench-growth',
  services: [users, posts, notifications],
  allowMissingConsumers: true,
  keySource: () => ({ publicKeys: () => Promise.resolve([publicKey]) }),
  whenListening: (_app, { url }) => Promise.resolve(void process.send?.({ url })),
});
