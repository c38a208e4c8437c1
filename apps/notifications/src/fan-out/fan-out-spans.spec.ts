import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { PostPublishedV1 } from '#contracts';
import { type Event, withCause } from '#events';
import { v7 as uuidv7 } from 'uuid';
import { testDatabase, type TestDatabase } from '../../../../test/support/database/database.js';
import { fanOutOn } from '../../../../test/support/database/fan-out.js';
import { type RecordedSpans, recordSpans } from '../../../../test/support/tracing/recorded-spans.js';

let spans: RecordedSpans;
let test: TestDatabase;

beforeAll(async () => {
  spans = recordSpans();
  test = await testDatabase('notifications');
});

afterAll(async () => {
  await test.close();
  await spans.stop();
});

it('The slices of a fan-out and their waits are in the trace of the handler that planned it', async () => {
  const { database } = test;
  const author = uuidv7();
  await database.query(
    `insert into follow_intervals (follower_id, followee_id, opened_sequence, since)
     select gen_random_uuid(), $1, 1, now() - interval '1 day' from generate_series(1, 1500)`,
    [author],
  );
  const data = {
    postId: uuidv7(),
    authorId: author,
    slug: 's',
    title: 'T',
    summary: null,
    tags: [],
    mentions: [],
    version: 1,
  };
  const time = new Date();
  const published = { id: uuidv7(), type: PostPublishedV1.type, key: '', sequence: 1, time, data } as Event<never>;
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  const { fanOut, worker } = fanOutOn(database);
  const cause = { traceparent: `00-${traceId}-${spanId}-01`, causationId: published.id };
  await withCause(cause, () => database.transaction(() => fanOut.published([published])));
  spans.take();
  while ((await database.query('select from fan_out_jobs')).length > 0) await worker.turn();
  // A turn without a job leaves no span.
  await worker.turn();

  const all = spans.take();
  expect(new Set(all.map((span) => span.spanContext().traceId))).toEqual(new Set([traceId]));
  const slices = all.filter(({ name }) => name === 'notify followers');
  const waits = all.filter(({ name }) => name === 'wait for a slice');
  expect([slices.length, waits.length]).toEqual([2, 2]);
  for (const each of [...slices, ...waits]) expect(each.parentSpanContext?.spanId).toBe(spanId);
  const parents = new Set(slices.map((slice) => slice.spanContext().spanId));
  const statements = all.filter(({ attributes }) => 'db.system.name' in attributes);
  expect(statements.length).toBeGreaterThan(1);
  for (const each of statements) expect(parents).toContain(each.parentSpanContext?.spanId);
});
