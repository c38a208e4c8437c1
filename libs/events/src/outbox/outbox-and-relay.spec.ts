import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Contract } from '#contracts';
import { type Database, DatabaseServer } from '#database';
import { z } from 'zod';
import { testDatabase, type TestDatabase } from '../../../../test/support/database/database.js';
import { outboxOn } from '../../../../test/support/database/delivery.js';
import { eventually } from '../../../../test/support/eventually.js';
import { BUCKETS } from './buckets.js';
import { currentCause, withCause } from '../cause.js';
import { DeadLetters } from '../consuming/dead-letters.js';
import { newEvent } from '../event.js';
import { Leases } from './leases.js';
import type { Outbox, OutboxRecord } from './outbox.js';
import { Relay } from './relay.js';
import { EventTransport, type Receipt } from '../transport/transport.js';

const Thing: Contract<{ key: string }> = {
  type: 'posts.thing.happened.v1',
  topic: 'posts.thing',
  keyOf: (data) => data.key,
  followUps: [],
  data: z.strictObject({ key: z.string() }),
};

const everyBucket = Array.from({ length: BUCKETS }, (_, bucket) => bucket);

let test: TestDatabase;
let database: Database;
let outbox: Outbox;

beforeAll(async () => {
  Logger.overrideLogger(false);
  test = await testDatabase('posts');
  ({ database } = test);
  await database.query('create table changes (text text)');
});

afterAll(async () => {
  await test.close();
});

beforeEach(async () => {
  await database.query('truncate outbox, changes, dead_letters, relays');
  await database.query('update relay_leases set owner = null');
  outbox = outboxOn(database);
});

const rows = () => outbox.oldest(everyBucket, 1_000);

describe('The outbox', () => {
  const change = (text: string) => ({
    text: 'insert into changes values ($1) returning text',
    values: [text],
    prepared: true,
  });

  it('commits to disk: a crash of the server loses no event whose commit has returned', async () => {
    const [setting] = await database.transaction(async () => {
      await outbox.appendWith(change('one'), newEvent(Thing, { key: 'a' }, 1));
      return database.query<{ synchronous_commit: string }>('show synchronous_commit');
    });
    expect(setting).toEqual({ synchronous_commit: 'on' });
    expect(await database.query('show fsync')).toEqual([{ fsync: 'on' }]);
  });

  it('stores an event if its change has committed', async () => {
    const cause = { traceparent: '00-1-2-01', causationId: null };
    const emitted = await withCause(cause, async () => {
      await outbox.appendWith(change('one'), newEvent(Thing, { key: 'a' }, 1));
      return currentCause()?.emitted;
    });
    const [row] = await rows();
    expect(row).toMatchObject({
      type: Thing.type,
      topic: Thing.topic,
      key: 'a',
      sequence: 1,
      traceparent: '00-1-2-01',
      payload: '{"key":"a"}',
    });
    expect(emitted).toEqual([{ type: Thing.type, id: row?.id, key: 'a' }]);
    expect(await database.query('select text from changes')).toEqual([{ text: 'one' }]);
  });

  it('stores no event of a transaction that was rolled back', async () => {
    const work = database.transaction(async () => {
      await outbox.appendWith(change('one'), newEvent(Thing, { key: 'a' }, 1));
      throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    expect([await rows(), await database.query('select * from changes')]).toEqual([[], []]);
  });

  it('stores no event if the change touched no row', async () => {
    const none = { text: 'delete from changes where text = $1 returning text', values: ['absent'], prepared: true };
    expect(await outbox.appendWith(none, newEvent(Thing, { key: 'a' }, 1))).toEqual([]);
    expect(await rows()).toEqual([]);
  });

  it('rejects an event that violates its contract, and the change with it', async () => {
    await expect(outbox.appendWith(change('one'), newEvent(Thing, {} as { key: string }, 1))).rejects.toThrow();
    expect(await database.query('select * from changes')).toEqual([]);
  });

  it('wakes the relay after the commit, not before', async () => {
    let woken = 0;
    outbox.onAppended(() => woken++);
    await database.transaction(async () => {
      await outbox.append(newEvent(Thing, { key: 'a' }, 1));
      expect(woken).toBe(0);
    });
    expect(woken).toBe(1);
  });
});

class RecordingTransport extends EventTransport {
  constructor(private readonly consumers: readonly string[] = []) {
    super();
  }

  override get dependents(): readonly string[] {
    return this.consumers;
  }

  override backlogOf(): Promise<() => Promise<boolean>> {
    return Promise.resolve(() => Promise.resolve(true));
  }

  readonly published: OutboxRecord[] = [];
  receiptFor: (records: readonly OutboxRecord[]) => Receipt = (records) => ({
    settled: records.map((each) => each.position),
    refused: [],
  });

  publish(records: readonly OutboxRecord[]): Promise<Receipt> {
    this.published.push(...records);
    return Promise.resolve(this.receiptFor(records));
  }
}

describe('The relay', () => {
  let transport: RecordingTransport;
  let relay: Relay;

  beforeEach(() => {
    transport = new RecordingTransport();
    const settings = { RELAY_LOOPS: 3, RELAY_POLL: 10, RETRY_SCHEDULE: [0] };
    relay = new Relay(database, outbox, new DeadLetters(database), transport, settings);
  });

  /** Appends in a transaction of its own, as another request would. */
  const commitElsewhere = async (key: string) => {
    const server = new DatabaseServer(() => test.url, 1);
    await outboxOn(server.open('posts')).append(newEvent(Thing, { key }, 1));
    await server.close();
    relay.wake();
  };

  const isEmpty = async () => (await rows()).length === 0;

  it('publishes every row, each key in order, with several relays', async () => {
    for (let sequence = 1; sequence <= 40; sequence++) {
      for (const key of ['a', 'b', 'c', 'd', 'e']) await outbox.append(newEvent(Thing, { key }, sequence));
    }
    await relay.start();
    await eventually('the outbox is empty', isEmpty);
    await relay.stop();
    const byKey = Map.groupBy(transport.published, (record) => record.key);
    expect([...byKey.keys()].sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    for (const records of byKey.values()) {
      const firsts = [...new Set(records.map((record) => record.sequence))];
      expect(firsts).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
    }
  });

  it('keeps a row that was not acknowledged and publishes it again', async () => {
    const original = transport.receiptFor;
    transport.receiptFor = () => {
      transport.receiptFor = original;
      return { settled: [], refused: [] };
    };
    await outbox.append(newEvent(Thing, { key: 'a' }, 1));
    await relay.start();
    await eventually('the outbox is empty', isEmpty);
    await relay.stop();
    expect(transport.published.map((record) => record.sequence)).toEqual([1, 1]);
  });

  it('dead-letters a row that the transport refuses', async () => {
    transport.receiptFor = (records) => ({
      settled: [],
      refused: records.map((record) => ({ record, reason: 'too large' })),
    });
    await outbox.append(newEvent(Thing, { key: 'a' }, 1));
    await relay.start();
    await eventually('the outbox is empty', isEmpty);
    await relay.stop();
    expect(await database.query('select consumer, key, reason from dead_letters')).toEqual([
      { consumer: 'relay', key: 'a', reason: 'too large' },
    ]);
  });

  it('loses nothing of a transaction that commits late, with a lower position than published rows', async () => {
    await relay.start();
    await database.transaction(async () => {
      await outbox.append(newEvent(Thing, { key: 'late' }, 1));
      await commitElsewhere('early');
      await eventually('the later row is published', () =>
        Promise.resolve(transport.published.some((record) => record.key === 'early')),
      );
    });
    await eventually('the outbox is empty', isEmpty);
    await relay.stop();
    expect(transport.published.map((record) => record.key)).toEqual(['early', 'late']);
  });
});

describe('A rolling release of a monolith that adds a consumer', () => {
  const start = async (...consumers: string[]) => {
    const server = new DatabaseServer(() => test.url, 4);
    const own = server.open('posts');
    const transport = new RecordingTransport(consumers);
    const settings = { RELAY_LOOPS: 2, RELAY_POLL: 10, RETRY_SCHEDULE: [0] };
    const relay = new Relay(own, outboxOn(own), new DeadLetters(own), transport, settings);
    await relay.start();
    return {
      transport,
      stop: async () => {
        await relay.stop();
        await server.close();
      },
    };
  };
  it('publishes only from the new release once that has started', async () => {
    const old = [await start('notifications.one'), await start('notifications.one')];
    let sequence = 0;
    const writing = { on: true };
    const writer = (async () => {
      while (writing.on)
        await outbox.append(...Array.from({ length: 20 }, () => newEvent(Thing, { key: `k${sequence}` }, ++sequence)));
    })();
    const released = [await start('notifications.one', 'notifications.two')];
    const since = sequence;
    await eventually('more is written', () => Promise.resolve(sequence > since + 200));
    await old[0]?.stop();
    released.push(await start('notifications.one', 'notifications.two'));
    await eventually('more is written again', () => Promise.resolve(sequence > since + 600));
    await old[1]?.stop();
    writing.on = false;
    await writer;
    await eventually('the outbox is empty', async () => (await rows()).length === 0);
    for (const each of released) await each.stop();
    const late = ({ transport }: { transport: RecordingTransport }) =>
      transport.published.filter((record) => record.sequence > since);
    expect(old.flatMap(late)).toEqual([]);
    expect(new Set(released.flatMap(late).map(({ id }) => id)).size).toBe(sequence - since);
  });

  it('publishes from the old release again when the new one ends', async () => {
    const old = await start('notifications.one');
    const released = await start('notifications.one', 'notifications.two');
    await released.stop();
    await outbox.append(newEvent(Thing, { key: 'a' }, 1));
    await eventually('the old release publishes', () => Promise.resolve(old.transport.published.length === 1));
    await old.stop();
  });

  it('publishes from exactly one of two releases that each lack a consumer', async () => {
    const [one, other] = [await start('notifications.one'), await start('notifications.two')];
    await outbox.append(newEvent(Thing, { key: 'a' }, 1));
    await eventually('the outbox is empty', async () => (await rows()).length === 0);
    expect([one.transport.published.length, other.transport.published.length]).toEqual([0, 1]);
    await one.stop();
    await other.stop();
  });
});

describe('Leases', () => {
  const none = () => undefined;

  it('share the buckets fairly, and none is held twice', async () => {
    const relays = [new Leases(database), new Leases(database), new Leases(database)];
    for (const relay of relays) await relay.keep(none, none);
    await eventually('all have their share', () => Promise.resolve(relays.every((relay) => relay.held.length >= 4)));
    const held = relays.flatMap((relay) => relay.held);
    expect(held.toSorted((a, b) => a - b)).toEqual(everyBucket);
    await Promise.all(relays.map((relay) => relay.release()));
    expect(relays.map((relay) => relay.held)).toEqual([[], [], []]);
  });

  it('are those of a relay that is alone until another one begins, and again when that ends', async () => {
    const [first, second] = [new Leases(database), new Leases(database)];
    await first.keep(none, none);
    expect(first.alone).toBe(true);
    await second.keep(none, none);
    await eventually('both know of the other', () => Promise.resolve(!first.alone && !second.alone));
    await second.release();
    await eventually('the first is alone', () => Promise.resolve(first.alone && first.held.length === BUCKETS));
    await first.release();
  });

  it('of a dead relay are taken over once they have expired', async () => {
    await database.query(`update relay_leases set owner = gen_random_uuid(), expires_at = now() + interval '1 hour'`);
    const successor = new Leases(database);
    await successor.keep(none, none);
    expect(successor.held).toEqual([]);
    await database.query(`update relay_leases set expires_at = now() - interval '1 ms' where bucket < 3`);
    await eventually('three are taken over', () => Promise.resolve(successor.held.length === 3));
    await successor.release();
  });
});
