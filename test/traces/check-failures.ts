import assert from 'node:assert/strict';
import type { TraceSpan } from '#telemetry';
import pg from 'pg';
import type { Checks } from '../support/checks.js';
import { eventually } from '../support/eventually.js';
import { temporaryDataFolder } from '../support/infrastructure/data-folder.js';
import { startTemporaryPostgres } from '../support/infrastructure/temporary-postgres.js';
import { Client } from '../support/platform/client.js';
import { startMonolith } from '../support/platform/monolith.js';
import { runOps } from '../support/platform/ops.js';
import type { Jaeger } from '../support/tracing/jaeger.js';
import { everythingIsExported } from './check-stories.js';
import { graphOf } from './graph.js';
import { expectedGraph, stories } from './stories.js';

/** In milliseconds; the first attempt is made at once, and the third is the last. */
const RETRY_DELAY = 200;
/** What the failing handler writes is refused by a constraint, so that no code has to change. */
const [BREAK, REPAIR] = [
  `alter table notifications.notifications add constraint broken check (type <> 'post.published') not valid`,
  'alter table notifications.notifications drop constraint broken',
];
const CHECK_VIOLATION = '23514';

const request = 'posts: SERVER POST /v1/posts';
const failing = `notifications: CONSUMER process posts.post (notifications.fan-out)`;

/**
 * Compares the traces of an event whose handler fails: its retries and its dead letter are in the trace of the request,
 * and its replay is a trace of its own, with a link.
 */
export async function checkFailures(checks: Checks, jaeger: Jaeger, endpoint: string): Promise<void> {
  const cleanUp: (() => unknown)[] = [];
  try {
    await runChecks(checks, jaeger, endpoint, cleanUp);
  } finally {
    for (const end of cleanUp.toReversed()) await end();
  }
}

async function runChecks(checks: Checks, jaeger: Jaeger, endpoint: string, cleanUp: (() => unknown)[]): Promise<void> {
  const own = temporaryDataFolder();
  cleanUp.push(own.remove);
  const postgres = await startTemporaryPostgres();
  cleanUp.push(postgres.stop);
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  cleanUp.push(() => client.end());
  const settings = { DATA_DIR: own.path, DATABASE_URL: postgres.url };
  const RETRY_SCHEDULE = `0,${RETRY_DELAY / 1_000},${RETRY_DELAY / 1_000}`;
  const monolith = await startMonolith({ ...settings, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, RETRY_SCHEDULE });
  cleanUp.push(() => monolith.stop());
  const api = new Client(monolith.url);
  const spansOf = async (id: string) => {
    await everythingIsExported(api, jaeger);
    return jaeger.trace(id);
  };
  let id = '';
  await checks.run('the trace of an event whose handler fails until it is a dead letter', async () => {
    id = await publishInVain(api, client);
    return describeFailures(await spansOf(id));
  });
  await checks.run('the trace of its replay', async () => {
    await client.query(REPAIR);
    const { code, output } = await runOps(settings, 'dead-letters', 'replay', '--all');
    assert.equal(code, 0, output);
    const { request: cause, event } = emissionIn(await jaeger.trace(id));
    const replay = await eventually('the replay is in Jaeger', async () => {
      const found = await jaeger.tracesOf('notifications', { 'messaging.message.id': event });
      return found.find((other) => other !== id);
    });
    return describeReplay(await spansOf(replay), cause);
  });
}

/** Publishes to a follower who cannot be notified. Returns the id of the trace, when the event is a dead letter. */
async function publishInVain(api: Client, client: pg.Client): Promise<string> {
  const [author, reader] = [await api.personWithProfile('Author'), await api.person('Reader')];
  assert.equal((await api.put(`/v1/users/${author.id}/follow`, { token: reader.token })).status, 204);
  const has = async (table: string) => (await client.query(`select from notifications.${table}`)).rows.length > 0;
  await eventually('the follow is known', () => has('follow_intervals'));
  await client.query(BREAK);
  const body = { title: 'T', body: 'B', status: 'published' };
  const published = await api.post('/v1/posts', body, { token: author.token });
  await eventually('the event is a dead letter', () => has('dead_letters'));
  return published.headers.get('x-trace-id') ?? '';
}

function describeFailures(spans: readonly TraceSpan[]): string {
  const publish = stories.find(({ name }) => name === 'publishing a post');
  assert.ok(publish);
  const delivery = `notifications: deliver ← ${request} ⇢ ${request}`;
  const attempt = `${failing} ← ${request} ⇢ notifications: deliver`;
  const wait = `notifications: wait for retry (notifications.fan-out) ← ${request}`;
  // A batch that fails is delivered one by one, so that the first attempt shows the handler twice.
  const expected = [...expectedGraph(publish, 'monolith'), attempt, delivery, wait, attempt, delivery, wait, attempt];
  assert.deepEqual(graphOf(spans), expected.toSorted());
  for (const { name, attributes, failed } of spans.filter((span) => span.name.startsWith('process'))) {
    const fails = attributes['messaging.consumer.group.name'] === 'notifications.fan-out';
    assert.deepEqual([name, failed, attributes['error.type']], [name, fails, fails ? CHECK_VIOLATION : undefined]);
  }
  const waits = spans.filter(({ name }) => name === 'wait for retry');
  for (const { startedAt, endedAt } of waits) assert.ok(endedAt - startedAt >= RETRY_DELAY - 1, 'a wait is too short');
  const statements = spans.map(({ name }) => name);
  for (const statement of ['INSERT parked', 'INSERT dead_letters'])
    assert.equal(statements.filter((each) => each === statement).length, 1, statement);
  return `${expected.length} spans and their statements, ${waits.length} retries`;
}

/** The span that emitted the event, and the event's id. */
function emissionIn(spans: readonly TraceSpan[]): { request: TraceSpan; event: string } {
  const cause = spans.find(({ parentId }) => parentId === '');
  assert.ok(cause);
  const handled = spans.find(({ attributes }) => 'messaging.message.id' in attributes);
  return { request: cause, event: String(handled?.attributes['messaging.message.id']) };
}

function describeReplay(spans: readonly TraceSpan[], cause: TraceSpan): string {
  assert.deepEqual(graphOf(spans), [
    `${failing} ← notifications: deliver ⇢ another trace ⇢ notifications: deliver`,
    'notifications: deliver ⇢ another trace',
  ]);
  const outside = spans.flatMap(({ links }) => links).filter(({ traceId }) => traceId !== spans[0]?.traceId);
  for (const link of outside) assert.deepEqual(link, { traceId: cause.traceId, spanId: cause.id });
  assert.ok(spans.every(({ failed }) => !failed));
  return `${spans.length} spans, linked to the request`;
}
