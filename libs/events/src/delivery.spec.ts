import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Database } from '#database';
import { testDatabase, type TestDatabase } from '../../../test/support/database.js';
import { outOfOrder } from '../../../test/support/order.js';
import { record, Thing } from '../../../test/support/things.js';
import type { Consumer } from './consumer.js';
import { DeadLetters } from './dead-letters.js';
import { Delivery } from './delivery.js';
import type { Event } from './event.js';
import { Inbox } from './inbox.js';
import { Parked } from './parked.js';

describe('Delivery', () => {
  let test: TestDatabase;
  let database: Database;
  let delivery: Delivery;
  let fails: (text: string) => unknown;

  const consumer = (name: string, form: 'batch' | 'single'): Consumer => ({
    name,
    service: 'posts',
    form,
    awaited: true,
    contracts: new Map([[Thing.type, Thing]]),
    run: async (events) => {
      for (const { id, data } of [events].flat() as Event<{ text: string }>[]) {
        await database.query('insert into effects (consumer, event, text) values ($1, $2, $3)', [name, id, data.text]);
        const failure = fails(data.text);
        if (failure) throw failure as Error;
      }
    },
  });

  beforeAll(async () => {
    Logger.overrideLogger(false);
    test = await testDatabase('posts');
    ({ database } = test);
    await database.query('create table effects (n serial, consumer text, event uuid, text text)');
  });

  afterAll(async () => {
    await test.close();
  });

  beforeEach(async () => {
    await database.query('truncate effects, inbox, parked, dead_letters');
    fails = () => undefined;
    delivery = deliveryWith([0, 0, 0]);
  });

  const deliveryWith = (RETRY_SCHEDULE: number[]) => {
    const [inbox, letters] = [new Inbox(database), new DeadLetters(database)];
    const settings = { RELAY_LOOPS: 1, RELAY_POLL: 1, RETRY_SCHEDULE };
    const made = new Delivery(database, inbox, new Parked(database, inbox, letters, settings), letters);
    made.bind([consumer('posts.one', 'batch')]);
    return made;
  };

  const effects = async (of = 'posts.one') =>
    (await database.query<{ text: string }>('select text from effects where consumer = $1 order by n', [of])).map(
      (row) => row.text,
    );
  const parked = async () =>
    await database.query<{ key: string; sequence: number; attempts: number; waits: boolean }>(
      'select key, sequence, attempts, next_try is null as waits from parked order by key, sequence',
    );
  const dead = async () =>
    database.query<{ key: string; reason: string; attempts: number }>('select key, reason, attempts from dead_letters');
  const retryAll = async () => {
    while (await delivery.retryOne());
  };

  it('has each effect once, however often the batch comes', async () => {
    const batch = [record('a', 1), record('b', 1), record('a', 2)];
    for (let time = 0; time < 3; time++) expect((await delivery.deliver(batch)).size).toBe(3);
    expect(await effects()).toEqual(['a1', 'b1', 'a2']);
    const rows = await database.query('select deliveries from inbox');
    expect(rows).toEqual([{ deliveries: 3 }, { deliveries: 3 }, { deliveries: 3 }]);
  });

  it('has each effect once when deliveries race', async () => {
    const batch = Array.from({ length: 20 }, (_, n) => record('a', n + 1));
    await Promise.all(Array.from({ length: 5 }, () => delivery.deliver(batch)));
    expect(await effects()).toEqual(batch.map((_, n) => `a${n + 1}`));
    expect(await database.query(outOfOrder('inbox'))).toEqual([]);
  });

  it('keeps each key in order, whoever delivers, fails and retries at the same time', async () => {
    delivery = deliveryWith(Array.from({ length: 20 }, () => 0));
    const overtaken: string[] = [];
    const one = consumer('posts.one', 'batch');
    delivery.bind([
      {
        ...one,
        run: async (events) => {
          for (const event of [events].flat() as Event<{ text: string }>[]) {
            const { data } = event;
            const [, key = '', sequence] = /(.)(.*)/.exec(data.text) ?? [];
            const before = await database.query('select 1 from effects where text like $1', [`${key}%`]);
            if (before.length !== Number(sequence) - 1) overtaken.push(data.text);
            await one.run([event]);
          }
        },
      },
    ]);
    const keys = ['a', 'b', 'c'];
    const events = Array.from({ length: 20 }, (_, n) => keys.map((key) => record(key, n + 1))).flat();
    const failures = new Map<string, number>();
    fails = (text) => {
      const times = failures.get(text) ?? 0;
      failures.set(text, times + 1);
      return /[2579]$/.test(text) && times < 8 && new Error('not yet');
    };
    let delivering = 4;
    const deliverers = Array.from({ length: delivering }, async (_, number) => {
      for (let from = 0; from < events.length; from += 5 + number)
        await delivery.deliver(events.slice(from, from + 5 + number));
      delivering--;
    });
    const retriers = Array.from({ length: 2 }, async () => {
      while ((await delivery.retryOne()) || delivering > 0);
    });
    await Promise.all([...deliverers, ...retriers]);
    await retryAll();
    expect([await parked(), await dead()]).toEqual([[], []]);
    const all = await effects();
    expect(keys.map((key) => all.filter((text) => text.startsWith(key)))).toEqual(
      keys.map((key) => Array.from({ length: 20 }, (_, n) => `${key}${n + 1}`)),
    );
    expect([overtaken, await database.query(outOfOrder('inbox'))]).toEqual([[], []]);
  });

  it('gives each consumer its own effects, and one that fails does not touch the other', async () => {
    fails = (text) => text === 'a1' && new Error('no');
    delivery.bind([
      consumer('posts.one', 'batch'),
      { ...consumer('posts.two', 'single'), run: () => Promise.resolve() },
    ]);
    expect((await delivery.deliver([record('a', 1)])).size).toBe(1);
    const received = await database.query('select consumer from inbox');
    expect(received).toEqual([{ consumer: 'posts.two' }]);
    expect(await parked()).toHaveLength(1);
  });

  it('parks what fails and all behind it of the same key, while other keys go on', async () => {
    fails = (text) => text === 'a2' && new Error('no');
    const batch = [record('a', 1), record('a', 2), record('b', 1), record('a', 3)];
    expect((await delivery.deliver(batch)).size).toBe(4);
    await delivery.deliver([record('a', 4), record('b', 2)]);
    expect(await effects()).toEqual(['a1', 'b1', 'b2']);
    expect(await parked()).toEqual([
      { key: 'a', sequence: 2, attempts: 1, waits: false },
      { key: 'a', sequence: 3, attempts: 0, waits: true },
      { key: 'a', sequence: 4, attempts: 0, waits: true },
    ]);
    fails = () => undefined;
    await retryAll();
    expect(await effects()).toEqual(['a1', 'b1', 'b2', 'a2', 'a3', 'a4']);
    expect(await parked()).toEqual([]);
  });

  it('looks again when the first of a key is due, however much waits behind it', async () => {
    const [inbox, letters] = [new Inbox(database), new DeadLetters(database)];
    const parkedEvents = new Parked(database, inbox, letters, {
      RELAY_LOOPS: 1,
      RELAY_POLL: 1,
      RETRY_SCHEDULE: [0, 100],
    });
    const one = consumer('posts.one', 'batch');
    await parkedEvents.addFailed({ consumer: one, record: record('a', 1) }, new Error('no'));
    await parkedEvents.addBehind({ consumer: one, record: record('a', 2) });
    await parkedEvents.addBehind({ consumer: consumer('posts.gone', 'batch'), record: record('b', 1) });
    expect(await parkedEvents.nextDueIn(['posts.one'])).toBeGreaterThan(90_000);
    expect(await delivery.retryOne()).toBe(false);
  });

  it('parks whatever a handler may throw', async () => {
    fails = (text) => text === 'a1' && new Error('\0'.repeat(5_000) + '\ud800');
    expect((await delivery.deliver([record('a', 1)])).size).toBe(1);
    expect(await parked()).toHaveLength(1);
  });

  it('lets go after the last attempt: a dead letter, and its key goes on', async () => {
    fails = (text) => text === 'a1' && new Error('always');
    const batch = [record('a', 1), record('a', 2)];
    await delivery.deliver(batch);
    await retryAll();
    expect(await dead()).toEqual([{ key: 'a', reason: 'Error: always', attempts: 3 }]);
    expect(await effects()).toEqual(['a2']);
    fails = () => undefined;
    await delivery.deliver(batch);
    expect(await effects()).toEqual(['a2']);
  });

  it('makes a dead letter at once of what it cannot read', async () => {
    const batch = [
      record('a', 1, { type: 'posts.thing.happened.v2' }),
      record('b', 1, { payload: '{"text":7}' }),
      record('c', 1, { payload: '{' }),
      record('d', 1),
    ];
    expect((await delivery.deliver(batch)).size).toBe(4);
    const reasons = (await dead()).map(({ key, reason }) => `${key} ${reason.split(':')[0]}`);
    expect(reasons.sort()).toEqual(['a UNKNOWN_VERSION', 'b SCHEMA', 'c SCHEMA']);
    expect(await effects()).toEqual(['d1']);
    expect(await parked()).toEqual([]);
  });

  it('takes a lost connection for no attempt: nothing is parked, nothing acknowledged, order kept', async () => {
    let down = true;
    fails = (text) => down && text === 'a2' && Object.assign(new Error('connection lost'), { code: 'ECONNRESET' });
    const batch = [record('a', 1), record('a', 2), record('a', 3)];
    expect((await delivery.deliver(batch)).size).toBe(0);
    expect([await effects(), await parked()]).toEqual([[], []]);
    down = false;
    expect((await delivery.deliver(batch)).size).toBe(3);
    expect(await effects()).toEqual(['a1', 'a2', 'a3']);
  });

  it('gives handlers longer than requests, and takes a statement that is too slow for an attempt', async () => {
    const slowly = async () => {
      await database.query('set local statement_timeout = 10');
      await database.query('select pg_sleep(1)');
    };
    const slow = { ...consumer('posts.one', 'batch'), run: slowly };
    delivery.bind([slow]);
    expect((await delivery.deliver([record('a', 1)])).size).toBe(1);
    expect(await parked()).toEqual([{ key: 'a', sequence: 1, attempts: 1, waits: false }]);
    const limits: string[] = [];
    const reads = async () => {
      const [row] = await database.query<{ statement_timeout: string }>('show statement_timeout');
      limits.push(row?.statement_timeout ?? '');
    };
    delivery.bind([{ ...slow, name: 'posts.two', run: reads }]);
    await delivery.deliver([record('b', 1)]);
    await reads();
    expect(limits).toEqual(['1min', '10s']);
  });

  it('acknowledges what is done before a connection is lost, and nothing behind it', async () => {
    fails = (text) => {
      if (text === 'a1') return new Error('no');
      return text === 'b1' && Object.assign(new Error('connection lost'), { code: 'ECONNRESET' });
    };
    const batch = [record('a', 1), record('b', 1), record('c', 1)];
    expect([...(await delivery.deliver(batch))]).toEqual([batch[0]?.id]);
  });

  it('notices what comes out of order', async () => {
    await delivery.deliver([record('a', 2)]);
    await delivery.deliver([record('a', 1)]);
    const found = await database.query(outOfOrder('inbox'));
    expect(found).toEqual([{ consumer: 'posts.one', key: 'a', sequence: 1, found_sequence: 2 }]);
  });

  it('ignores events that concern nobody here', async () => {
    const other = record('a', 1, { type: 'auth.other.v1', topic: 'auth.other' });
    expect([...(await delivery.deliver([other]))]).toEqual([other.id]);
    expect(await database.query('select 1 from inbox')).toEqual([]);
  });
});
