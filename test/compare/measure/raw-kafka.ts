import { EventEmitter, once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { Broker } from '#events';
import { atPace } from '../../support/load/at-pace.js';

const EVERY_MS = 100;

/**
 * Milliseconds from producing a message to consuming it, ascending, with kafkajs alone and the settings that the platform uses:
 * the least that an event between services takes.
 */
export async function rawKafka(broker: string, messages: number): Promise<number[]> {
  const { kafka } = await Broker.of({ brokers: [broker], namespace: '' }, 'compare');
  const topic = `raw-${randomUUID()}`;
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 6 }] });
  const [producer, consumer] = [kafka.producer(), kafka.consumer({ groupId: topic, maxWaitTimeInMs: 500 })];
  await Promise.all([producer.connect(), consumer.connect()]);
  const consumed = new EventEmitter().setMaxListeners(0);
  await consumer.subscribe({ topic, fromBeginning: true });
  const joined = new Promise((done) => consumer.on(consumer.events.GROUP_JOIN, done));
  await consumer.run({
    eachMessage: async ({ message }) => {
      consumed.emit(String(message.key));
      return Promise.resolve();
    },
  });
  await joined;
  const send = async (_: number, due: number) => {
    const key = randomUUID();
    const done = once(consumed, key);
    await producer.send({ topic, acks: -1, messages: [{ key, value: 'x'.repeat(500) }] });
    await done;
    return performance.now() - due;
  };
  // The first ones find the connections cold.
  await atPace({ every: EVERY_MS, count: 10 }, send);
  const all = await atPace({ every: EVERY_MS, count: messages }, send);
  await Promise.all([producer.disconnect(), consumer.disconnect()]);
  await admin.deleteTopics({ topics: [topic] });
  await admin.disconnect();
  return all.toSorted((one, other) => one - other);
}
