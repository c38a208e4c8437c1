import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import type { KafkaMessage } from 'kafkajs';
import { v7 as uuidv7 } from 'uuid';
import { testDatabase, type TestDatabase } from '../../../../test/support/database/database.js';
import { deliveryOn } from '../../../../test/support/database/delivery.js';
import { record, Thing } from '../../../../test/support/things.js';
import type { Event } from '../event.js';
import { deliverReceived } from './deliver-received.js';
import { fromMessage, toMessage } from './message.js';

const MESSAGES = 10_000;
const BATCH = 256;

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const text = fc.string({ unit: 'binary', maxLength: 40 }).map((string) => Buffer.from(string));
const rare = fc.oneof(
  bytes,
  text,
  fc.constant(Buffer.alloc(0)),
  fc.constant(Buffer.from('\0\0')),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((number) => {
    const eight = Buffer.alloc(8);
    eight.writeBigUInt64BE(number);
    return eight;
  }),
  fc.constant(Buffer.alloc(5_000, 'k')),
);
const headerNames = ['ce_id', 'ce_type', 'ce_sequence', 'ce_time', 'ce_causationid', 'ce_source', 'traceparent', 'x'];

/** Valid headers, some of them replaced by random bytes, repeated or left out. */
const headers = fc
  .dictionary(
    fc.constantFrom(...headerNames),
    fc.oneof(rare, fc.array(rare, { maxLength: 3 }), fc.constant(undefined)),
    {
      maxKeys: 3,
    },
  )
  .map((changes) => ({ ...wellFormed('a', 1).headers, ...changes }));

function wellFormed(key: string, sequence: number): KafkaMessage {
  const message = toMessage(record(key, sequence));
  const entries = Object.entries(message.headers ?? {}).map(([name, value]) => [name, Buffer.from(String(value))]);
  return {
    key: Buffer.from(String(message.key)),
    value: Buffer.from(String(message.value)),
    headers: Object.fromEntries(entries) as Record<string, Buffer>,
    timestamp: String(Date.now()),
    offset: '0',
    attributes: 0,
  };
}

const json = fc
  .oneof(
    fc.json({ maxDepth: 3 }),
    fc.constant('{"text":"\\u0000"}'),
    fc.constant('{"text":"\\ud800"}'),
    fc.constant('['.repeat(5_000)),
  )
  .map((value) => Buffer.from(value));

const anyMessage: fc.Arbitrary<KafkaMessage> = fc
  .record({
    key: fc.oneof(rare, fc.constant(null), fc.constant(Buffer.from('a'))),
    value: fc.oneof(rare, json, fc.constant(null)),
    headers,
    timestamp: fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.constant(-1n)).map(String),
    damaged: fc.constantFrom('all', 'key', 'value', 'headers', 'timestamp', 'none'),
  })
  .map(({ damaged, ...random }) => {
    const good = wellFormed('a', 1);
    const takes = (part: string) => damaged === 'all' || damaged === part;
    return {
      ...good,
      ...(takes('key') ? { key: random.key } : {}),
      ...(takes('value') ? { value: random.value } : {}),
      ...(takes('headers') ? { headers: random.headers } : {}),
      ...(takes('timestamp') ? { timestamp: random.timestamp } : {}),
    } as KafkaMessage;
  });

describe('Arbitrary Kafka messages', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    test = await testDatabase('posts');
    await test.database.query('create table effects (event uuid, text text)');
  });

  afterAll(async () => {
    await test.close();
  });

  it(`end as effect, duplicate or dead letter (${MESSAGES} of them), and valid ones in between arrive`, async () => {
    const { database } = test;
    const { delivery } = deliveryOn(database, [0]);
    delivery.bind([
      {
        name: 'posts.one',
        service: 'posts',
        form: 'batch',
        awaited: true,
        atLeastOnce: false,
        contracts: new Map([[Thing.type, Thing]]),
        run: async (events) => {
          for (const { id, data } of [events].flat() as Event<{ text: string }>[])
            await database.query('insert into effects (event, text) values ($1, $2)', [id, data.text]);
        },
      },
    ]);
    const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
    const messages = fc
      .sample(anyMessage, { numRuns: MESSAGES, seed })
      .map((message, offset) => ({ ...message, offset: String(offset) }));
    const good = Array.from({ length: MESSAGES / 100 }, (_, n) => ({
      ...wellFormed(uuidv7(), n + 1),
      offset: String(MESSAGES + n),
    }));
    const mixed = messages.flatMap((message, n) => (n % 100 === 0 ? [message, good[n / 100] ?? message] : [message]));
    const unsettled: string[] = [];
    let events = 0;
    for (let from = 0; from < mixed.length; from += BATCH) {
      const received = mixed.slice(from, from + BATCH).map((message) => fromMessage('posts.thing', 0, message));
      events += received.filter(({ fault }) => fault === undefined).length;
      const left = await deliverReceived(delivery, received, 'posts.thing/0');
      unsettled.push(...left.map(({ record: { id } }) => `seed ${seed}: ${id}`));
    }
    expect(unsettled).toEqual([]);
    const [ends] = await database.query<{
      effects: number;
      parked: number;
      unread: number;
      dead: number;
      inbox: number;
    }>(
      `select (select count(*) from effects) as effects, (select count(*) from parked) as parked,
         (select count(*) from dead_letters where consumer = 'transport') as unread,
         (select count(*) from dead_letters where consumer <> 'transport') as dead, (select count(*) from inbox) as inbox`,
    );
    const goodOnes = await database.query('select 1 from effects where event = any($1)', [
      good.map(({ headers: { ce_id } = {} }) => String(ce_id)),
    ]);
    // Events of a type that no consumer handles have neither an effect nor an inbox row.
    expect(ends?.unread).toBe(mixed.length - events);
    expect([ends?.parked, (ends?.effects ?? 0) + (ends?.dead ?? 0)]).toEqual([0, ends?.inbox]);
    expect([events > 1_000, events < mixed.length - 1_000, goodOnes.length]).toEqual([true, true, good.length]);
    const [letter] = await database.query<{ record: { raw?: { value: string | null } } }>(
      `select record from dead_letters where reason like '%the value is not UTF-8%' limit 1`,
    );
    expect(letter?.record.raw?.value).toEqual(expect.any(String));
  });
});
