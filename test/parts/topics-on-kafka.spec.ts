import { randomBytes } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { Broker, type Delivery, lagOf, type OutboxRecord, prepareTopics } from '#events';
import { UserError } from '#database';
import kafkajs from 'kafkajs';
import { v7 as uuidv7 } from 'uuid';
import type { ServiceEvents } from '../../libs/events/src/event-runtime.js';
import { KafkaConsumer } from '../../libs/events/src/kafka/kafka.consumer.js';
import { KafkaProducer } from '../../libs/events/src/kafka/kafka.producer.js';
import { toMessage } from '../../libs/events/src/kafka/message.js';
import { eventually } from '../support/eventually.js';
import { partsOfThisRun } from '../support/infrastructure/parts.js';

const { CompressionCodecs, CompressionTypes } = kafkajs;

const broker = () =>
  Broker.of({ brokers: [partsOfThisRun()?.kafka ?? ''], namespace: `t${randomBytes(4).toString('hex')}.` }, 'test');

describe('Topics', () => {
  it('are created once, with partitions, seven days of retention and no compaction', async () => {
    const kafka = await broker();
    const wanted = { partitions: 3, replicas: 1 };
    expect(await prepareTopics(kafka, wanted)).toHaveLength(4);
    expect(await prepareTopics(kafka, wanted)).toEqual([]);
    await kafka.administrate(async (admin) => {
      const name = kafka.toTopic('posts.post');
      const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
      expect(topics[0]?.partitions).toHaveLength(3);
      const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name }] });
      const value = (key: string) => resources[0]?.configEntries.find((each) => each.configName === key)?.configValue;
      const names = ['retention.ms', 'segment.ms', 'cleanup.policy', 'min.insync.replicas'];
      expect(names.map(value)).toEqual([String(7 * 86_400_000), String(86_400_000), 'delete', '1']);
    });
  });

  it('are rejected by name if they have other partitions or are compacted', async () => {
    const kafka = await broker();
    await kafka.administrate((admin) =>
      admin.createTopics({
        topics: [
          { topic: kafka.toTopic('posts.post'), numPartitions: 1 },
          {
            topic: kafka.toTopic('users.user'),
            numPartitions: 3,
            configEntries: [{ name: 'cleanup.policy', value: 'compact' }],
          },
        ],
      }),
    );
    const prepare = prepareTopics(kafka, { partitions: 3, replicas: 1 });
    await expect(prepare).rejects.toThrow(UserError);
    for (const fault of [
      /posts\.post has 1 partitions, not 3/,
      /posts\.post has segment\.ms above a day/,
      /users\.user is compacted/,
    ]) {
      await expect(prepare).rejects.toThrow(fault);
    }
  });

  it('are rejected with a clear message if they need more replicas than there are brokers', async () => {
    const kafka = await broker();
    const prepare = prepareTopics(kafka, { partitions: 3, replicas: 3 });
    await expect(prepare).rejects.toThrow(/^Kafka has fewer than 3 brokers/);
    await prepareTopics(kafka, { partitions: 3, replicas: 1 });
    await expect(prepareTopics(kafka, { partitions: 3, replicas: 3 })).rejects.toThrow(
      /posts\.post has 1 replicas, not 3[\s\S]*min\.insync\.replicas below 2/,
    );
  });

  it('cause a clear message if Kafka is unreachable', async () => {
    const nowhere = await Broker.of({ brokers: ['127.0.0.1:1'], namespace: '' }, 'test');
    await expect(prepareTopics(nowhere, { partitions: 3, replicas: 1 })).rejects.toThrow(
      /^Kafka does not answer: .* correct KAFKA_BROKERS\.$/,
    );
  });
});

const record = (position: number, payload: string): OutboxRecord => ({
  position,
  id: uuidv7(),
  type: 'posts.post.liked.v1',
  topic: 'posts.post',
  key: 'key',
  sequence: position,
  time: new Date().toISOString(),
  causationId: null,
  traceparent: null,
  payload,
});

describe('A producer', () => {
  it('publishes small events that together exceed the size limit, and rejects a single one that does', async () => {
    const kafka = await broker();
    await prepareTopics(kafka, { partitions: 1, replicas: 1 });
    const producer = new KafkaProducer(kafka);
    const small = Array.from({ length: 300 }, (_, n) => record(n, JSON.stringify('x'.repeat(10_000))));
    const large = record(1_000, JSON.stringify('x'.repeat(2_000_000)));
    const { settled, refused } = await producer.publish([...small.slice(0, 150), large, ...small.slice(150)]);
    expect(settled).toEqual(small.map(({ position }) => position));
    expect(refused).toEqual([{ record: large, reason: expect.stringMatching(/^TOO_LARGE: /) }]);
    const [end] = await kafka.administrate((admin) => admin.fetchTopicOffsets(kafka.toTopic('posts.post')));
    expect(end?.high).toBe('300');
    await producer.close();
  });

  it('throws while no broker answers', async () => {
    const nowhere = await Broker.of({ brokers: ['127.0.0.1:1'], namespace: '' }, 'test');
    const producer = new KafkaProducer(nowhere);
    await expect(producer.publish([record(1, '1')])).rejects.toThrow();
    expect(producer.isReachable).toBe(false);
    await producer.close();
  });
});

/** A started consumer of a service, and the sequences of the events it received. */
function consumerOf(kafka: Broker) {
  const received: number[] = [];
  const delivery: Pick<Delivery, 'topics' | 'consumerNames' | 'deliver' | 'deadLetterUnreadable' | 'reassigned'> = {
    consumerNames: ['notifications.one'],
    topics: ['posts.post'],
    deadLetterUnreadable: () => Promise.resolve(),
    reassigned: () => undefined,
    deliver: (records) => {
      received.push(...records.map(({ sequence }) => sequence));
      return Promise.resolve(new Set(records.map(({ id }) => id)));
    },
  };
  const consumer = new KafkaConsumer(kafka, { service: 'notifications', delivery } as ServiceEvents);
  consumer.start();
  return { received, delivery, consumer };
}

describe('A consumer', () => {
  const snappy = (data: Buffer): Buffer => Buffer.concat([varint(data.length), Buffer.of(61 << 2), length(data), data]);
  const varint = (n: number) => Buffer.of((n & 127) | 128, n >> 7);
  const length = (data: Buffer) => Buffer.of((data.length - 1) & 255, (data.length - 1) >> 8);

  it.each([
    ['zstd', CompressionTypes.ZSTD, zstdCompressSync],
    ['snappy', CompressionTypes.Snappy, snappy],
  ] as const)('consumes batches that another producer has compressed with %s', async (_, compression, compress) => {
    const kafka = await broker();
    await prepareTopics(kafka, { partitions: 1, replicas: 1 });
    const bytes = (encoder: { buffer: Buffer }) => Promise.resolve(compress(encoder.buffer));
    CompressionCodecs[compression] = () => ({ compress: bytes, decompress: () => Promise.reject(new Error('no')) });
    const producer = kafka.kafka.producer();
    await producer.connect();
    await producer.send({
      topic: kafka.toTopic('posts.post'),
      compression,
      messages: [toMessage(record(1, '"'.padEnd(2_000, 'x')))],
    });
    await producer.disconnect();
    const { received, consumer } = consumerOf(kafka);
    await eventually('it has consumed it', () => Promise.resolve(received.length === 1));
    await consumer.stop();
  });

  it('commits its offsets soon after handling, and before it stops', async () => {
    const kafka = await broker();
    await prepareTopics(kafka, { partitions: 2, replicas: 1 });
    const { received, delivery, consumer } = consumerOf(kafka);
    const producer = new KafkaProducer(kafka);
    const behind = async () => {
      const lags = await lagOf(kafka, 'notifications', delivery.topics);
      return lags.reduce((sum, lag) => sum + lag.behind, 0);
    };
    await producer.publish([record(1, '1'), record(2, '2')]);
    await eventually('it has committed its offsets', async () => received.length === 2 && (await behind()) === 0);
    await producer.publish([record(3, '3')]);
    await eventually('it has handled the event', () => Promise.resolve(received.length === 3));
    await consumer.stop();
    expect([received, await behind()]).toEqual([[1, 2, 3], 0]);
    await producer.close();
  });
});
