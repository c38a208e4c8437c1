import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { EventRecord } from '../event.js';
import type { Delivered } from './inbox.js';
import type { OutboxRecord } from '../outbox/outbox.js';

/** Consumer name of dead letters for outbox rows that the transport rejected. */
export const RELAY = 'relay';
/** Consumer name of dead letters for messages from a transport that are not events. */
export const TRANSPORT = 'transport';

/** A record that cannot be published or handled, and why. */
export interface Refused {
  readonly record: EventRecord;
  readonly reason: string;
}

const MAX_REASON_LENGTH = 2_000;

/** Events that are not retried unless an operator asks for it. Every event that is given up is stored here. */
@Injectable()
export class DeadLetters {
  constructor(private readonly database: Database) {}

  /** Call it in the transaction that inserts the event's inbox row or deletes its parked row. */
  async add({ consumer, record }: Delivered, reason: string, attempts: number): Promise<void> {
    await this.insert(consumer.name, [{ record, reason }], attempts);
  }

  /** Call it in the transaction that deletes the outbox row. */
  async addRefused(record: OutboxRecord, reason: string): Promise<void> {
    await this.insert(RELAY, [{ record, reason }], 1);
  }

  /** Idempotent: a message that is read again is not stored twice. */
  async addUnreadable(refused: readonly Refused[]): Promise<void> {
    if (refused.length > 0) await this.insert(TRANSPORT, refused, 1);
  }

  private async insert(consumer: string, refused: readonly Refused[], attempts: number): Promise<void> {
    const rows = refused.map(({ record, reason }) => {
      const { id, causationId, topic, key, sequence } = record;
      return { id, causationId, topic, key, sequence, record: JSON.stringify(record), reason: storable(reason) };
    });
    await this.database.query(
      `insert into dead_letters (consumer, event_id, causation_id, topic, key, sequence, record, attempts, reason)
       select $1, id, "causationId", topic, key, sequence, record::json, $2, reason from json_to_recordset($3) as r
         (id uuid, "causationId" uuid, topic text, key text, sequence bigint, record text, reason text)
       on conflict do nothing`,
      [consumer, attempts, JSON.stringify(rows)],
    );
  }
}

/** Makes a reason storable in Postgres: one that cannot be stored would block its partition. */
export function storable(reason: string): string {
  return reason.toWellFormed().replaceAll('\0', '').slice(0, MAX_REASON_LENGTH).toWellFormed();
}
