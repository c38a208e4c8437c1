import { Injectable } from '@nestjs/common';
import type { EventRuntime } from '../event-runtime.js';
import type { OutboxRecord } from '../outbox/outbox.js';
import { EventTransport, type Receipt } from '../transport/transport.js';
import type { Broker } from './broker.js';
import { KafkaConsumer } from './kafka.consumer.js';
import { KafkaProducer } from './kafka.producer.js';

/**
 * Publishes events to Kafka, and consumes them for the services of this process. A row is settled when all replicas of
 * its partition have it. While Kafka is unavailable, rows stay in the outbox and the consumers reconnect with backoff.
 */
@Injectable()
export class KafkaTransport extends EventTransport {
  private readonly producer: KafkaProducer;
  private consumers: readonly KafkaConsumer[] = [];

  constructor(
    private readonly services: EventRuntime,
    private readonly broker: Broker,
  ) {
    super();
    this.producer = new KafkaProducer(this.broker);
  }

  publish(records: readonly OutboxRecord[]): Promise<Receipt> {
    return this.producer.publish(records);
  }

  async backlogOf(service: string, topic: string): Promise<() => Promise<boolean>> {
    const name = this.broker.toTopic(topic);
    const ends = await this.broker.administrate((admin) => admin.fetchTopicOffsets(name));
    return async () => {
      const { consumers } = this;
      const group = consumers.find((consumer) => consumer.service === service)?.group;
      if (group === undefined) return true;
      const [committed] = await this.broker.administrate((admin) =>
        admin.fetchOffsets({ groupId: group, topics: [name] }),
      );
      const offsets = new Map(committed?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
      return ends.every(({ partition, high, low }) => high === low || (offsets.get(partition) ?? -1n) >= BigInt(high));
    };
  }

  override listen(): void {
    const subscribers = this.services.all.filter(({ delivery }) => delivery.topics.length > 0);
    this.consumers = subscribers.map((service) => new KafkaConsumer(this.broker, service));
    for (const consumer of this.consumers) consumer.start();
  }

  override async close(): Promise<void> {
    await Promise.all(this.consumers.map((consumer) => consumer.stop()));
    await this.producer.close();
  }

  override get isReachable(): boolean {
    return this.producer.isReachable && this.consumers.every((consumer) => consumer.connected);
  }

  override get isSubscribed(): boolean {
    return this.consumers.every((consumer) => consumer.assigned);
  }

  override get stuck(): readonly string[] {
    return this.consumers.filter((consumer) => consumer.stuck).map((consumer) => consumer.name);
  }
}
