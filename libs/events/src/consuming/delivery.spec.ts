import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Database } from '#database';
import { deliveryOn } from '../../../../test/support/database/delivery.js';
import { testDatabase, type TestDatabase } from '../../../../test/support/database/database.js';
import { outOfOrder } from '../../../../test/support/database/order.js';
import { record, Thing } from '../../../../test/support/things.js';
import type { Consumer } from './consumer.js';
import type { Delivery } from './delivery.js';
import type { Event } from '../event.js';

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
    atLeastOnce: false,
    contracts: new Map([[Thing.type, Thing]]),
    run: async (events) => {
      for (const { id, data } of [events].flat() as Event<{ text: string }>[]) {
        await database.query('insert into effects (consumer, event, text) values ($1, $2, $3)', [name, id, data.text]);
        const failure = await fails(data.text);
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
    await database.query('truncate effects, inbox, parked, dead_letters, delivery_marks, sequence_gaps');
    fails = () => undefined;
    delivery = deliveryWith([0, 0, 0]);
  });

  const deliveryWith = (RETRY_SCHEDULE: number[]) => {
    const { delivery: made } = deliveryOn(database, RETRY_SCHEDULE);
    made.bind([consumer('posts.one', 'batch')]);
    return made;
  };

  /** Terminates the connection of the current transaction. */
  const loseConnection = () => database.query('select pg_terminate_backend(pg_backend_pid())');

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
  // For events that are due now, too: the column is rounded to milliseconds, so it may be half of one ahead.
  const becomeDue = () => database.query(`update parked set next_try = next_try - interval '2 seconds'`);
  const retryAll = async () => {
    do await becomeDue();
    while (await delivery.retryOne());
  };

  it('has each effect once when a batch is redelivered', async () => {
    const batch = [record('a', 1), record('b', 1), record('a', 2)];
    for (let time = 0; time < 3; time++) expect((await delivery.deliver(batch)).size).toBe(3);
    expect(await effects()).toEqual(['a1', 'b1', 'a2']);
    const rows = await database.query('select deliveries from inbox');
    expect(rows).toEqual([{ deliveries: 3 }, { deliveries: 3 }, { deliveries: 3 }]);
  });

  it('has each effect once when deliveries are concurrent', async () => {
    const batch = Array.from({ length: 20 }, (_, n) => record('a', n + 1));
    await Promise.all(Array.from({ length: 5 }, () => delivery.deliver(batch)));
    expect(await effects()).toEqual(batch.map((_, n) => `a${n + 1}`));
    expect(await database.query(outOfOrder('inbox'))).toEqual([]);
  });

  it('keeps each key in order under concurrent deliveries, failures and retries', async () => {
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

  it('gives each consumer its own effects: a failure of one does not affect the other', async () => {
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

  it('parks a failed event and the later ones of its key, while other keys continue', async () => {
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

  it('retries when the first event of a key is due, regardless of the later ones', async () => {
    const { parked: parkedEvents } = deliveryOn(database, [0, 100]);
    const one = consumer('posts.one', 'batch');
    await parkedEvents.addFailed({ consumer: one, record: record('a', 1) }, new Error('no'));
    await parkedEvents.addBehind({ consumer: one, record: record('a', 2) });
    await parkedEvents.addBehind({ consumer: consumer('posts.gone', 'batch'), record: record('b', 1) });
    expect(await parkedEvents.nextDueIn(['posts.one'])).toBeGreaterThan(90_000);
    expect(await delivery.retryOne()).toBe(false);
  });

  it('parks an event whose error text Postgres cannot store', async () => {
    fails = (text) => text === 'a1' && new Error('\0'.repeat(5_000) + '\ud800');
    expect((await delivery.deliver([record('a', 1)])).size).toBe(1);
    expect(await parked()).toHaveLength(1);
  });

  it('dead-letters an event after the last attempt, and continues with its key', async () => {
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

  it('dead-letters an unreadable event at once', async () => {
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

  it('does not count a lost connection as an attempt: nothing is parked or acknowledged, order is kept', async () => {
    let down = true;
    fails = (text) => down && text === 'a2' && loseConnection();
    const batch = [record('a', 1), record('a', 2), record('a', 3)];
    expect((await delivery.deliver(batch)).size).toBe(0);
    expect([await effects(), await parked()]).toEqual([[], []]);
    down = false;
    expect((await delivery.deliver(batch)).size).toBe(3);
    expect(await effects()).toEqual(['a1', 'a2', 'a3']);
  });

  it('gives handlers a longer statement timeout than requests, and counts a timeout as an attempt', async () => {
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

  it('acknowledges events settled before a connection is lost, and none after it', async () => {
    fails = (text) => {
      if (text === 'a1') return new Error('no');
      return text === 'b1' && loseConnection();
    };
    const batch = [record('a', 1), record('b', 1), record('c', 1)];
    expect([...(await delivery.deliver(batch))]).toEqual([batch[0]?.id]);
  });

  it('records events that are delivered out of order', async () => {
    await delivery.deliver([record('a', 2)]);
    await delivery.deliver([record('a', 1)]);
    const found = await database.query(outOfOrder('inbox'));
    expect(found).toEqual([{ consumer: 'posts.one', key: 'a', sequence: 1, found_sequence: 2 }]);
  });

  it('handles an event that is in a batch twice once, in the one transaction of the batch', async () => {
    const transactions = async () => {
      const [row] = await database.query<{ n: number }>(`select count(distinct xmin::text) as n from inbox`);
      return row?.n;
    };
    const [a, b] = [record('a', 1), record('b', 1)];
    expect([...(await delivery.deliver([a, b, a, a]))]).toEqual([a.id, b.id]);
    expect([await effects(), await transactions()]).toEqual([['a1', 'b1'], 1]);
  });

  it('counts an error of another connection as an attempt, even if it looks like a lost connection', async () => {
    for (const code of ['ECONNREFUSED', 'ECONNRESET', '08006', '40P01']) {
      await database.query('truncate inbox, parked');
      fails = () => Object.assign(new Error('Connection terminated unexpectedly'), { code });
      expect((await delivery.deliver([record('a', 1)])).size).toBe(1);
      expect(await parked()).toHaveLength(1);
    }
  });

  it('counts an attempt before it begins, and uncounts it when the connection is lost', async () => {
    delivery = deliveryWith([0, 0, 0, 0]);
    fails = () => new Error('no');
    await delivery.deliver([record('a', 1)]);
    const seen: unknown[] = [];
    fails = async () => {
      seen.push((await database.pool.query('select attempts from parked')).rows);
      await loseConnection();
    };
    await becomeDue();
    await expect(delivery.retryOne()).rejects.toThrow();
    expect(seen).toEqual([[{ attempts: 2 }]]);
    expect(await parked()).toMatchObject([{ attempts: 1 }]);
    fails = () => undefined;
    await retryAll();
    expect([await effects(), await parked()]).toEqual([['a1'], []]);
  });

  it('waits again from the moment when an attempt was uncounted', async () => {
    fails = () => new Error('no');
    const { delivery: slow, parked: events } = deliveryOn(database, [0, 60, 60]);
    slow.bind([consumer('posts.one', 'batch')]);
    await slow.deliver([record('a', 1)]);
    await database.query(`update parked set next_try = now(), parked_at = parked_at - interval '60 seconds'`);
    const begun = Date.now();
    const claimed = await events.claim(['posts.one']);
    if (!claimed) throw new Error('Nothing was claimed.');
    await events.release(claimed);
    // The first attempt failed at least a minute ago, according to the schedule.
    expect(claimed.waitingSince.getTime()).toBeLessThan(begun - 50_000);
    expect((await events.claim(['posts.one']))?.waitingSince.getTime()).toBeGreaterThan(begun - 10_000);
  });

  it('does not change an event that another process has claimed since', async () => {
    fails = () => new Error('no');
    await delivery.deliver([record('a', 1)]);
    const { parked: slow } = deliveryOn(database, [0, 0, 0]);
    await becomeDue();
    const late = await slow.claim(['posts.one']);
    await becomeDue();
    const other = await slow.claim(['posts.one']);
    expect([late?.attempts, other?.attempts]).toEqual([2, 3]);
    if (!late) throw new Error('Nothing was claimed.');
    const delivered = { consumer: consumer('posts.one', 'batch'), record: late.record };
    await slow.failAgain(delivered, late.attempts, new Error('late'));
    expect(await database.query('select attempts, reason from parked')).toEqual([{ attempts: 3, reason: 'Error: no' }]);
    expect(await database.transaction(() => slow.take(late))).toBe(false);
    expect(await dead()).toEqual([]);
  });

  it('dead-letters an event whose every attempt crashes the process, and continues with its key', async () => {
    fails = () => new Error('no');
    await delivery.deliver([record('a', 1), record('a', 2)]);
    for (let crash = 0; crash < 2; crash++) {
      // The process claims the event, and crashes.
      await becomeDue();
      expect(await deliveryOn(database, [0, 0, 0]).parked.claim(['posts.one'])).toMatchObject({ attempts: 2 + crash });
    }
    fails = () => undefined;
    await retryAll();
    expect(await dead()).toMatchObject([
      { key: 'a', attempts: 3, reason: 'Error: no The process ended during the last attempt.' },
    ]);
    expect(await effects()).toEqual(['a2']);
  });

  it('identifies the event that crashes its process, parks it, and delivers the others', async () => {
    const batch = [record('a', 1), record('b', 1), record('c', 1)];
    const effectsAfterCrash: string[][] = [];
    const ended = Promise.withResolvers<void>();
    const left: Promise<unknown>[] = [];
    // A simulated crash: the connection is lost, the handler never returns, and the next Delivery has no memory of it.
    for (let run = 0; run < 4; run++) {
      delivery = deliveryWith([0, 100, 0]);
      const crash = Promise.withResolvers<void>();
      fails = async (text) => {
        if (text !== 'b1') return;
        await loseConnection().catch(() => undefined);
        crash.resolve();
        await ended.promise;
      };
      const delivered = delivery.deliver(batch);
      left.push(delivered);
      await Promise.race([delivered, crash.promise]);
      effectsAfterCrash.push(await effects());
    }
    expect(effectsAfterCrash).toEqual([[], ['a1'], ['a1', 'c1'], ['a1', 'c1']]);
    expect(await parked()).toEqual([{ key: 'b', sequence: 1, attempts: 1, waits: false }]);
    expect(await database.query('select * from delivery_marks')).toEqual([]);
    ended.resolve();
    await Promise.all(left);
  });

  it('marks only the first batch of a source, and again after a reassignment', async () => {
    const marked: number[] = [];
    const one = consumer('posts.one', 'batch');
    const counting = async () => {
      const { rows } = await database.pool.query<{ n: number }>('select count(*) as n from delivery_marks');
      marked.push(rows[0]?.n ?? -1);
    };
    delivery.bind([{ ...one, run: counting }]);
    const first = record('a', 1);
    await delivery.deliver([first], 'posts/1');
    await delivery.deliver([record('a', 2)], 'posts/1');
    await delivery.deliver([record('b', 1)], 'posts/2');
    delivery.reassigned();
    // A batch of duplicates does not end the marking.
    await delivery.deliver([first], 'posts/1');
    await delivery.deliver([record('a', 3)], 'posts/1');
    expect(marked).toEqual([1, 0, 1, 1]);
  });

  it('runs at-least-once consumers after the commit, at every delivery, and not for deferred events', async () => {
    const after: string[] = [];
    const cache = { ...consumer('posts.cache', 'batch'), atLeastOnce: true };
    delivery.bind([
      {
        ...cache,
        run: async (events) => {
          const texts = ([events].flat() as Event<{ text: string }>[]).map(({ data }) => data.text);
          after.push(`${texts.join()} after ${(await effects()).join()}`);
        },
      },
      consumer('posts.one', 'batch'),
    ]);
    const batch = [record('a', 1), record('b', 1)];
    await delivery.deliver(batch);
    await delivery.deliver(batch);
    expect(after).toEqual(['a1,b1 after a1,b1', 'a1,b1 after a1,b1']);
    expect(await database.query('select distinct consumer from inbox')).toEqual([{ consumer: 'posts.one' }]);
    after.length = 0;
    fails = (text) => text === 'c1' && loseConnection();
    await delivery.deliver([record('c', 1)]);
    expect(after).toEqual([]);
  });

  it('reports a gap in the sequence of a key, and continues', async () => {
    const { delivery: own, gaps } = deliveryOn(database);
    own.bind([consumer('posts.one', 'batch')]);
    await own.deliver([record('a', 1), record('b', 4), record('a', 2), record('a', 5), record('b', 5), record('a', 3)]);
    expect(await gaps.list()).toMatchObject([{ topic: 'posts.thing', key: 'a', expected: 3, found: 5 }]);
    own.reassigned();
    await own.deliver([record('a', 9)]);
    expect(await gaps.list()).toHaveLength(1);
    expect(await effects()).toHaveLength(7);
  });

  it('ignores events that no consumer of this service handles', async () => {
    const other = record('a', 1, { type: 'auth.other.v1', topic: 'auth.other' });
    expect([...(await delivery.deliver([other]))]).toEqual([other.id]);
    expect(await database.query('select 1 from inbox')).toEqual([]);
  });
});
