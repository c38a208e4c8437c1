import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Database } from '#database';
import { deliveryOn, outboxOn } from '../../../../test/support/database/delivery.js';
import { testDatabase, type TestDatabase } from '../../../../test/support/database/database.js';
import { record, Thing } from '../../../../test/support/things.js';
import { type RecordedSpans, recordSpans } from '../../../../test/support/tracing/recorded-spans.js';
import { newEvent } from '../event.js';
import { Operations } from '../operations.js';
import type { Consumer } from './consumer.js';
import type { Delivery } from './delivery.js';

describe('The spans of a delivery', () => {
  let spans: RecordedSpans;
  let test: TestDatabase;
  let database: Database;
  let delivery: Delivery;
  let fails: (text: string) => boolean;
  let form: 'batch' | 'single';

  beforeAll(async () => {
    Logger.overrideLogger(false);
    spans = recordSpans();
    test = await testDatabase('posts');
    ({ database } = test);
  });

  afterAll(async () => {
    await test.close();
    await spans.stop();
  });

  beforeEach(async () => {
    await database.query('truncate outbox, inbox, parked, dead_letters, delivery_marks, sequence_gaps');
    form = 'single';
    fails = () => false;
    delivery = deliveryWith([0, 60, 60]);
    spans.take();
  });

  function deliveryWith(schedule: number[]): Delivery {
    const { delivery: made } = deliveryOn(database, schedule);
    const outbox = outboxOn(database);
    const consumer: Consumer = {
      name: 'posts.one',
      service: 'posts',
      form,
      awaited: true,
      atLeastOnce: false,
      contracts: new Map([[Thing.type, Thing]]),
      run: async (events) => {
        for (const { data } of [events].flat()) {
          const { text } = data as { text: string };
          await outbox.append(newEvent(Thing, { text: `after ${text}` }, 1));
          if (fails(text)) throw new TypeError(`cannot handle ${text}`);
        }
      },
    };
    made.bind([consumer]);
    return made;
  }

  /** An event whose emitter was recorded. */
  const traced = (key: string, sequence: number, more = {}) => {
    const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
    return { ...record(key, sequence, { traceparent: `00-${traceId}-${spanId}-01`, ...more }), traceId, spanId };
  };
  const named = (all: readonly ReadableSpan[], name: string) => all.filter((span) => span.name === name);
  const traceOf = (span: ReadableSpan | undefined) => span?.spanContext().traceId;
  const linksOf = (span: ReadableSpan | undefined) => span?.links.map(({ context }) => context.spanId);
  const becomeDue = () =>
    database.query(
      `update parked set next_try = next_try - interval '61 seconds', parked_at = parked_at - interval '61 seconds'`,
    );

  it('of one event are in its trace, with the statements of its handler below its own', async () => {
    const event = traced('a', 1);
    await delivery.deliver([event]);
    const all = spans.take();
    const [batch] = named(all, 'deliver');
    const [process] = named(all, 'process posts.thing');
    expect([traceOf(batch), traceOf(process)]).toEqual([event.traceId, event.traceId]);
    expect(process?.parentSpanContext?.spanId).toBe(event.spanId);
    expect(linksOf(process)).toEqual([batch?.spanContext().spanId]);
    const below = all.filter(({ parentSpanContext: parent }) => parent?.spanId === process?.spanContext().spanId);
    expect(below.map(({ name }) => name)).toContain('INSERT outbox');
  });

  it('of several events are in their own traces, linked to the trace of the batch', async () => {
    const [one, two] = [traced('a', 1), traced('b', 1)];
    await delivery.deliver([one, two]);
    const all = spans.take();
    const [batch] = named(all, 'deliver');
    expect(batch?.parentSpanContext).toBeUndefined();
    expect(linksOf(batch)).toEqual([one.spanId, two.spanId]);
    const processes = named(all, 'process posts.thing');
    expect(processes.map(traceOf)).toEqual([one.traceId, two.traceId]);
    for (const each of processes) expect(linksOf(each)).toEqual([batch?.spanContext().spanId]);
  });

  it.each(['single', 'batch'] as const)('name the cause of what a handler (%s) emits', async (which) => {
    form = which;
    delivery = deliveryWith([0]);
    const [one, two] = [traced('a', 1), traced('b', 1)];
    await delivery.deliver([one, two]);
    const [batch] = named(spans.take(), 'deliver');
    const emitted = await database.query<{ trace: string }>(
      'select substr(traceparent, 4, 32) as trace from outbox order by position',
    );
    const expected = which === 'single' ? [one.traceId, two.traceId] : [traceOf(batch), traceOf(batch)];
    expect(emitted.map(({ trace }) => trace)).toEqual(expected);
  });

  it('of a redelivery show no handler', async () => {
    const event = traced('a', 1);
    await delivery.deliver([event]);
    spans.take();
    await delivery.deliver([event]);
    expect(spans.take().map(({ name }) => name)).not.toContain('process posts.thing');
  });

  it('show which handlers were rolled back because another one failed', async () => {
    fails = (text) => text === 'b1';
    await delivery.deliver([traced('a', 1), traced('b', 1)]);
    const outcomes = named(spans.take(), 'process posts.thing').map(({ attributes, status }) => [
      attributes['messaging.kafka.message.key'],
      attributes['twofold.rolled_back'] ?? false,
      attributes['error.type'],
      status.code,
    ]);
    expect(outcomes).toEqual([
      ['a', true, undefined, 0],
      ['b', false, 'TypeError', 2],
      ['a', false, undefined, 0],
      ['b', false, 'TypeError', 2],
    ]);
  });

  it('of a retry follow its wait, in the trace of the event', async () => {
    const event = traced('a', 1, { sentAt: Date.now() - 5_000 });
    fails = () => true;
    await delivery.deliver([event]);
    spans.take();
    fails = () => false;
    await becomeDue();
    await delivery.retryOne();
    const all = spans.take();
    const [wait] = named(all, 'wait for retry');
    const [process] = named(all, 'process posts.thing');
    for (const each of [wait, process]) expect(each?.parentSpanContext?.spanId).toBe(event.spanId);
    // It was parked 61 seconds earlier, as far as the database knows.
    expect(wait?.duration[0]).toBeGreaterThanOrEqual(60);
    expect(process?.status.code).toBe(0);
    expect(named(all, 'DELETE parked')).toHaveLength(1);
    // It was in its topic before the first attempt only.
    expect(named(all, 'wait in topic')).toEqual([]);
  });

  it('of the last attempt show the dead letter, and those of its replay are a trace with a link', async () => {
    delivery = deliveryWith([0]);
    fails = () => true;
    const event = traced('a', 1);
    await delivery.deliver([event]);
    const [letter] = named(spans.take(), 'INSERT dead_letters');
    expect(traceOf(letter)).toBe(event.traceId);
    fails = () => false;
    const operations = new Operations(database);
    const [dead] = await operations.deadLetters(1);
    if (dead) await operations.replay(dead);
    spans.take();
    await delivery.retryOne();
    const all = spans.take();
    const [batch] = named(all, 'deliver');
    const [process] = named(all, 'process posts.thing');
    expect(traceOf(batch)).not.toBe(event.traceId);
    expect(process?.parentSpanContext?.spanId).toBe(batch?.spanContext().spanId);
    expect(linksOf(process)).toContain(event.spanId);
    expect(named(all, 'wait for retry')).toEqual([]);
  });

  it('of an event that no handler can get show the fault', async () => {
    await delivery.deliver([traced('a', 1, { payload: '{"text": 1}' })]);
    const [process] = named(spans.take(), 'process posts.thing');
    expect(process?.attributes['error.type']).toBe('SCHEMA');
  });

  it('of an old event begin a trace that is linked to its own', async () => {
    const event = traced('a', 1, { time: new Date(Date.now() - 7_200_000).toISOString() });
    await delivery.deliver([event]);
    const [process] = named(spans.take(), 'process posts.thing');
    expect(traceOf(process)).not.toBe(event.traceId);
    expect(linksOf(process)).toContain(event.spanId);
  });

  it('show how long the event was in its topic', async () => {
    const event = traced('a', 1, { sentAt: Date.now() - 5_000 });
    await delivery.deliver([event]);
    const waits = named(spans.take(), 'wait in topic');
    expect(waits.map(({ duration: [seconds] }) => seconds)).toEqual([5]);
    expect(waits[0]?.parentSpanContext?.spanId).toBe(event.spanId);
  });

  it('of a batch do not carry an event along whose emitter was not recorded', async () => {
    const unrecorded = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`;
    await delivery.deliver([traced('a', 1), record('b', 1, { traceparent: unrecorded })]);
    expect(named(spans.take(), 'process posts.thing')).toHaveLength(1);
    const emitted = await database.query<{ traceparent: string }>('select traceparent from outbox order by position');
    expect(emitted[1]?.traceparent).toBe(unrecorded);
  });

  it('do not exist for events whose emitter was not recorded', async () => {
    await delivery.deliver([traced('a', 1, { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00` })]);
    await delivery.deliver([record('b', 1)]);
    expect(spans.take()).toEqual([]);
  });

  it('contain neither the payload nor the message of an error', async () => {
    fails = () => true;
    await delivery.deliver([traced('secret', 1)]);
    expect(
      JSON.stringify(spans.take().map(({ attributes, events, status }) => [attributes, events, status])),
    ).not.toMatch(/secret1|cannot handle/);
  });
});
