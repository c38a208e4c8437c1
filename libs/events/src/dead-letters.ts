import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { EventRecord } from './event.js';
import type { Delivered } from './inbox.js';
import type { OutboxRecord } from './outbox.js';

/** The consumer's name under which rows stand that no transport would take. */
export const RELAY = 'relay';
/** The same for what came from a transport and is no event. */
export const TRANSPORT = 'transport';

/** Events that nobody will try again unless somebody asks for it. Nothing is ever dropped in silence. */
@Injectable()
export class DeadLetters {
  constructor(private readonly database: Database) {}

  /** In the transaction that ends the event's other life: in the inbox, among the parked, or in the outbox. */
  async add({ consumer, record }: Delivered, reason: string, attempts: number): Promise<void> {
    await this.insert(consumer.name, record, reason, attempts);
  }

  async addRefused(record: OutboxRecord, reason: string): Promise<void> {
    await this.insert(RELAY, record, reason, 1);
  }

  /** The same message, read again, is the same dead letter. */
  async addUnreadable(record: EventRecord, reason: string): Promise<void> {
    await this.insert(TRANSPORT, record, reason, 1);
  }

  private async insert(consumer: string, record: EventRecord, reason: string, attempts: number): Promise<void> {
    await this.database.query(
      `insert into dead_letters (consumer, event_id, causation_id, topic, key, sequence, record, attempts, reason)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
      [
        consumer,
        record.id,
        record.causationId,
        record.topic,
        record.key,
        record.sequence,
        JSON.stringify(record),
        attempts,
        reason,
      ],
    );
  }
}
