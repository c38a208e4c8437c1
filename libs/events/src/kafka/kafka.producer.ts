import type { ICustomPartitioner, Producer } from 'kafkajs';
import type { OutboxRecord } from '../outbox/outbox.js';
import type { Receipt } from '../transport/transport.js';
import { type Broker, patience } from './broker.js';
import { toMessage } from './message.js';

/** Below the broker's limit of 1 MiB for what goes to one partition at once. */
const LARGEST_REQUEST = 524_288;
/** Headers and key, roughly. */
const ENVELOPE = 600;
const ALL_REPLICAS = -1;

/**
 * Puts events on their topics, idempotently and acknowledged by all replicas. One batch at a time: of two at once, one
 * whose answer is lost would leave the other with numbers that the broker knows already.
 */
export class KafkaProducer {
  private producer: Promise<Producer> | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  /** The partitions of the request in hand, as topic/partition. */
  private readonly chosen = new Set<string>();
  /** False since a publication that failed, until one that does not. */
  answers = true;

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
        const tooLarge = await this.send(request);
        refused.push(...tooLarge);
        const left = new Set(tooLarge.map(({ record }) => record));
        settled.push(...request.filter((record) => !left.has(record)).map((record) => record.position));
      }
      this.answers = true;
    } catch (error) {
      this.answers = false;
      this.discard();
      if (settled.length + refused.length === 0) throw error;
    }
    return { settled, refused };
  }

  /** Returns what the broker will never take. */
  private async send(records: readonly OutboxRecord[]): Promise<{ record: OutboxRecord; reason: string }[]> {
    try {
      const producer = await this.connected();
      const topicMessages = [...Map.groupBy(records, (record) => record.topic)].map(([name, group]) => ({
        topic: this.broker.toTopic(name),
        messages: group.map(toMessage),
      }));
      this.chosen.clear();
      const answers = await producer.sendBatch({ topicMessages, acks: ALL_REPLICAS, timeout: 3_000 });
      const stored = new Set(
        answers
          .filter(({ errorCode }) => errorCode === 0)
          .map(({ topicName, partition }) => `${topicName}/${partition}`),
      );
      const missing = [...this.chosen].filter((partition) => !stored.has(partition));
      if (missing.length > 0) throw new Error(`Kafka acknowledged nothing of ${missing.join(', ')}.`);
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
      // An idempotent producer would be given patience without end.
      retry: patience,
      createPartitioner: await this.rememberingPartitioner(),
    });
    await producer.connect();
    return producer;
  }

  /**
   * kafkajs 2.2.4 reports success although it has left out a partition whose leader moved to a broker that had answered
   * before (seen with three brokers; see decision 9). So the answers are compared with what was chosen.
   */
  private async rememberingPartitioner(): Promise<ICustomPartitioner> {
    const { Partitioners } = await import('kafkajs');
    return () => {
      const choose = Partitioners.DefaultPartitioner();
      return (message) => {
        const partition = choose(message);
        this.chosen.add(`${message.topic}/${partition}`);
        return partition;
      };
    };
  }

  /**
   * After a failure the outcome is unknown, and so is the number that the broker expects next. It might take a batch
   * with an old number for one that it has, and acknowledge what it does not store. A new producer begins anew; nobody
   * waits for the end of the old one.
   */
  private discard(): void {
    void this.producer?.then((producer) => producer.disconnect()).catch(() => undefined);
    this.producer = undefined;
  }
}

/** In order, each small enough to be taken at once; an event that is too large by itself stands alone. */
function* requestsOf(records: readonly OutboxRecord[]): Generator<OutboxRecord[]> {
  let request: OutboxRecord[] = [];
  let size = 0;
  for (const record of records) {
    const bytes = Buffer.byteLength(record.payload) + ENVELOPE;
    if (size + bytes > LARGEST_REQUEST && request.length > 0) {
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
