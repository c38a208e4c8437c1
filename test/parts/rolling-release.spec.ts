import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { PostLikedV1 } from '#contracts';
import { type Database, DatabaseServer } from '#database';
import { Broker, lagOf, prepareTopics } from '#events';
import { v7 as uuidv7 } from 'uuid';
import type { Consumer } from '../../libs/events/src/consuming/consumer.js';
import type { ServiceEvents } from '../../libs/events/src/event-runtime.js';
import { KafkaConsumer } from '../../libs/events/src/kafka/kafka.consumer.js';
import { KafkaProducer } from '../../libs/events/src/kafka/kafka.producer.js';
import { testDatabase, type TestDatabase } from '../support/database/database.js';
import { deliveryOn } from '../support/database/delivery.js';
import { eventually } from '../support/eventually.js';
import { partsOfThisRun } from '../support/infrastructure/parts.js';

/** The writer is as fast as the machine lets it: what it has written during the release is consumed afterwards. */
const CONSUMED_MS = 60_000;

/** A replica of one release of a service, with its own connections. */
interface Replica {
  readonly consumer: KafkaConsumer;
  stop(): Promise<void>;
}

describe('A rolling release of two replicas that adds a handler', () => {
  let test: TestDatabase;
  let broker: Broker;
  let producer: KafkaProducer;
  let position = 0;
  const running = new Set<Replica>();

  beforeAll(async () => {
    Logger.overrideLogger(false);
    test = await testDatabase('notifications');
    await test.database.query('create table effects (consumer text, event uuid)');
    const namespace = `t${randomBytes(4).toString('hex')}.`;
    broker = await Broker.of({ brokers: [partsOfThisRun()?.kafka ?? ''], namespace }, 'test');
    await prepareTopics(broker, { partitions: 4, replicas: 1 });
    producer = new KafkaProducer(broker);
  });

  afterAll(async () => {
    // After a failure, too: what goes on consuming would keep the test run from ending.
    for (const each of running) await each.stop();
    await producer.close();
    await test.close();
  });

  const consumerOn = (database: Database, name: string): Consumer => ({
    name,
    service: 'notifications',
    form: 'batch',
    awaited: false,
    atLeastOnce: false,
    contracts: new Map([[PostLikedV1.type, PostLikedV1]]),
    run: async (events) => {
      const ids = [events].flat().map(({ id }) => id);
      await database.query('insert into effects (consumer, event) select $1, unnest($2::uuid[])', [name, ids]);
    },
  });

  const start = async (...names: string[]): Promise<Replica> => {
    const server = new DatabaseServer(() => test.url, 5);
    const database = server.open('notifications');
    const { delivery } = deliveryOn(database);
    delivery.bind(names.map((name) => consumerOn(database, name)));
    const consumer = new KafkaConsumer(broker, { service: 'notifications', delivery } as ServiceEvents);
    consumer.start();
    await eventually('it consumes', () => Promise.resolve(consumer.assigned));
    const replica: Replica = {
      consumer,
      stop: async () => {
        running.delete(replica);
        await consumer.stop();
        await server.close();
      },
    };
    running.add(replica);
    return replica;
  };

  const publish = async (count: number): Promise<string[]> => {
    const events = Array.from({ length: count }, () => ({
      position: position++,
      id: uuidv7(),
      type: PostLikedV1.type,
      topic: 'posts.post',
      key: uuidv7(),
      sequence: 1,
      time: new Date().toISOString(),
      causationId: null,
      traceparent: null,
      payload: JSON.stringify({ postId: uuidv7(), authorId: uuidv7(), actorId: uuidv7() }),
    }));
    await producer.publish(events);
    return events.map(({ id }) => id);
  };

  const effectsOf = async (name: string) =>
    (await test.database.query<{ event: string }>('select event from effects where consumer = $1', [name])).map(
      ({ event }) => event,
    );

  it('loses no event for the new handler, and repeats none for the other', async () => {
    const old = [await start('notifications.one'), await start('notifications.one')];
    const before = await publish(100);
    const all = [...before];
    await eventually(
      'the old release has consumed it',
      async () => (await effectsOf('notifications.one')).length === 100,
    );
    await eventually('it has committed its offsets', async () => {
      const lags = await lagOf(broker, 'notifications', ['posts.post']);
      return lags.every(({ behind }) => behind === 0);
    });
    const since: string[] = [];
    const writing = { on: true };
    const writer = (async () => {
      while (writing.on) since.push(...(await publish(20)));
    })();
    const released: Replica[] = [];
    for (const replica of old) {
      released.push(await start('notifications.one', 'notifications.two'));
      await publish(1).then((ids) => since.push(...ids));
      await replica.stop();
    }
    writing.on = false;
    await writer;
    all.push(...since);
    await eventually(
      'all handlers have consumed all events',
      async () => {
        const counts = [await effectsOf('notifications.one'), await effectsOf('notifications.two')];
        return counts[0]?.length === all.length && (counts[1]?.length ?? 0) >= since.length;
      },
      CONSUMED_MS,
    );
    for (const each of released) await each.stop();
    const [one, two] = [await effectsOf('notifications.one'), await effectsOf('notifications.two')];
    expect([one.length, new Set(one).size]).toEqual([all.length, all.length]);
    expect(since.filter((id) => !two.includes(id))).toEqual([]);
    expect(new Set(two).size).toBe(two.length);
  });
});
