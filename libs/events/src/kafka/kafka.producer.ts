import type { ICustomPartitioner, Producer } from 'kafkajs';
import type { OutboxRecord } from '../outbox/outbox.js';
import type { Receipt } from '../transport/transport.js';
import { type Broker, retrySettings } from './broker.js';
import { toMessage } from './message.js';
import { traceSend } from './producer-spans.js';

/** Below the broker's limit of 1 MiB for one batch of a partition. */
const MAX_REQUEST_BYTES = 524_288;
/** Approximate size of headers and key. */
const ENVELOPE_BYTES = 600;
const ALL_REPLICAS = -1;

/**
 * Publishes events to their topics, idempotently and acknowledged by all replicas. One batch at a time: with two in
 * flight, a lost response to one would leave the other with sequence numbers that the broker knows already.
 */
export class KafkaProducer {
  private producer: Promise<Producer> | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  /** The partitions of the current request, as topic/partition. */
  private readonly chosenPartitions = new Set<string>();
  /** False after a failed publication, until one succeeds. */
  isReachable = true;

  constructor(private readonly broker: Broker) {}

  /** Throws if nothing could be published. */
  publish(records: readonly OutboxRecord[]): Promise<Receipt> {
    const receipt = this.turn.then(() => this.publishInOrder(records));
    this.turn = receipt.catch(() => undefined);
    return receipt;
  }

  async close(): Promise<void> {
    await this.turn;
    const last = this.producer;
    this.producer = undefined;
    await last?.then((producer) => producer.disconnect()).catch(() => undefined);
  }

  private async publishInOrder(records: readonly OutboxRecord[]): Promise<Receipt> {
    const settled: number[] = [];
    const refused: { record: OutboxRecord; reason: string }[] = [];
    try {
      for (const request of requestsOf(records)) {
        const tooLarge = await traceSend(request, () => this.send(request));
        refused.push(...tooLarge);
        const left = new Set(tooLarge.map(({ record }) => record));
        settled.push(...request.filter((record) => !left.has(record)).map((record) => record.position));
      }
      this.isReachable = true;
    } catch (error) {
      this.isReachable = false;
      this.discard();
      if (settled.length + refused.length === 0) throw error;
    }
    return { settled, refused };
  }

  /** Returns the records that the broker rejects for good, and why. */
  private async send(records: readonly OutboxRecord[]): Promise<{ record: OutboxRecord; reason: string }[]> {
    try {
      const producer = await this.connected();
      const topicMessages = [...Map.groupBy(records, (record) => record.topic)].map(([name, group]) => ({
        topic: this.broker.toTopic(name),
        messages: group.map(toMessage),
      }));
      this.chosenPartitions.clear();
      const responses = await producer.sendBatch({ topicMessages, acks: ALL_REPLICAS, timeout: 3_000 });
      const stored = new Set(
        responses
          .filter(({ errorCode }) => errorCode === 0)
          .map(({ topicName, partition }) => `${topicName}/${partition}`),
      );
      const missing = [...this.chosenPartitions].filter((partition) => !stored.has(partition));
      if (missing.length > 0) throw new Error(`Kafka did not acknowledge ${missing.join(', ')}.`);
      return [];
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      this.discard();
      if (records.length === 1) return records.map((record) => ({ record, reason: `TOO_LARGE: ${error.message}` }));
      const refused = [];
      for (const record of records) refused.push(...(await this.send([record])));
      return refused;
    }
  }

  private connected(): Promise<Producer> {
    this.producer ??= this.connect();
    return this.producer;
  }

  private async connect(): Promise<Producer> {
    const producer = this.broker.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      // By default, kafkajs lets an idempotent producer retry without limit.
      retry: retrySettings,
      createPartitioner: await this.recordingPartitioner(),
    });
    await producer.connect();
    return producer;
  }

  /**
   * kafkajs 2.2.4 reports success although it has left out a partition whose leader moved to a broker that had
   * responded before (seen with three brokers; see decision 9). So the responses are compared with the chosen
   * partitions.
   */
  private async recordingPartitioner(): Promise<ICustomPartitioner> {
    const { Partitioners } = (await import('kafkajs')).default;
    return () => {
      const choose = Partitioners.DefaultPartitioner();
      return (message) => {
        const partition = choose(message);
        this.chosenPartitions.add(`${message.topic}/${partition}`);
        return partition;
      };
    };
  }

  /**
   * After a failure the outcome is unknown, and so is the sequence number that the broker expects next. It might take a
   * batch with an old number for a duplicate, and acknowledge it without storing it. So a new producer with a new id is
   * made, and the old one is disconnected in the background.
   */
  private discard(): void {
    void this.producer?.then((producer) => producer.disconnect()).catch(() => undefined);
    this.producer = undefined;
  }
}

/** Splits records into requests of at most MAX_REQUEST_BYTES, in order; a larger event gets a request of its own. */
function* requestsOf(records: readonly OutboxRecord[]): Generator<OutboxRecord[]> {
  let request: OutboxRecord[] = [];
  let size = 0;
  for (const record of records) {
    const bytes = Buffer.byteLength(record.payload) + ENVELOPE_BYTES;
    if (size + bytes > MAX_REQUEST_BYTES && request.length > 0) {
      yield request;
      [request, size] = [[], 0];
    }
    request.push(record);
    size += bytes;
  }
  if (request.length > 0) yield request;
}

function isTooLarge(error: unknown): error is Error {
  const type = error instanceof Error && 'type' in error ? String(error.type) : '';
  return ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'].includes(type);
}
