import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { EventRecord } from '../event.js';
import type { Delivered } from './inbox.js';
import type { OutboxRecord } from '../outbox/outbox.js';

/** The consumer's name under which rows stand that no transport would take. */
export const RELAY = 'relay';
/** The same for what came from a transport and is no event. */
export const TRANSPORT = 'transport';

/** What cannot be handled, and why. */
export interface Refused {
  readonly record: EventRecord;
  readonly reason: string;
}

const LONGEST_REASON = 2_000;

/** Events that nobody will try again unless somebody asks for it. Nothing is ever dropped in silence. */
@Injectable()
export class DeadLetters {
  constructor(private readonly database: Database) {}

  /** In the transaction that ends the event's other life: in the inbox, among the parked, or in the outbox. */
  async add({ consumer, record }: Delivered, reason: string, attempts: number): Promise<void> {
    await this.insert(consumer.name, [{ record, reason }], attempts);
  }

  async addRefused(record: OutboxRecord, reason: string): Promise<void> {
    await this.insert(RELAY, [{ record, reason }], 1);
  }

  /** The same message, read again, is the same dead letter. */
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

/** As Postgres can store it: a reason that cannot be stored would stop its partition. */
export function storable(reason: string): string {
  return reason.toWellFormed().replaceAll('\0', '').slice(0, LONGEST_REASON).toWellFormed();
}
