import { Inject, Injectable } from '@nestjs/common';
import { Database } from '#database';
import { DeadLetters } from './dead-letters.js';
import type { EventRecord } from './event.js';
import { type Delivered, Inbox } from './inbox.js';
import { EVENTS_SETTINGS, type EventsSettings } from './settings.js';

export interface ParkedEvent {
  readonly consumer: string;
  readonly record: EventRecord;
  readonly attempts: number;
}

/**
 * Events that failed, and those of the same key and consumer that came after them. Other keys go on. Only the first of
 * a key is tried, at the times of RETRY_SCHEDULE; a retry topic would let the later ones overtake it.
 */
@Injectable()
export class Parked {
  constructor(
    private readonly database: Database,
    private readonly inbox: Inbox,
    private readonly deadLetters: DeadLetters,
    @Inject(EVENTS_SETTINGS) private readonly settings: EventsSettings,
  ) {}

  /** Parks an event behind the parked one of its key. Parking it twice changes nothing. */
  async addBehind(delivered: Delivered): Promise<void> {
    await this.insert(delivered, 0, null, null);
  }

  /** Parks an event whose first attempt has failed, or lets it go for good if the schedule allows one attempt only. */
  async addFailed(delivered: Delivered, error: unknown): Promise<void> {
    await this.database.transaction(async () => {
      const delay = this.settings.RETRY_SCHEDULE[1];
      if (delay === undefined) await this.bury(delivered, reasonOf(error), 1);
      else await this.insert(delivered, 1, reasonOf(error), delay);
    });
  }

  /** Takes the first event that is due for one of these consumers, if any, out of the queue, in the current transaction. */
  async takeDue(consumers: readonly string[]): Promise<ParkedEvent | undefined> {
    const [due] = await this.database.query<ParkedEvent>(
      `delete from parked where (consumer, event_id) in (
         select consumer, event_id from parked p
         where ${FIRST_OF_ITS_KEY} and (next_try is null or next_try <= now())
         order by next_try nulls first limit 1 for update skip locked)
       returning consumer, record, attempts`,
      [consumers],
    );
    return due;
  }

  /**
   * Books one more failed attempt: the next try, or after the last one a dead letter. Does nothing if somebody else has
   * tried it in the meantime.
   */
  async failAgain(delivered: Delivered, attemptsBefore: number, error: unknown): Promise<void> {
    const attempts = attemptsBefore + 1;
    const delay = this.settings.RETRY_SCHEDULE[attempts];
    await this.database.transaction(async () => {
      const { consumer, record } = delivered;
      const mine = await this.database.query(
        'select 1 from parked where consumer = $1 and event_id = $2 and attempts = $3 for update',
        [consumer.name, record.id, attemptsBefore],
      );
      if (mine.length === 0) return;
      if (delay === undefined) return this.bury(delivered, reasonOf(error), attempts);
      await this.database.query(
        `update parked set attempts = $3, reason = $4, next_try = now() + $5 * interval '1 second'
         where consumer = $1 and event_id = $2`,
        [consumer.name, record.id, attempts, reasonOf(error), delay],
      );
    });
  }

  /** Milliseconds until the next event of these consumers is due; undefined if none is parked. */
  async nextDueIn(consumers: readonly string[]): Promise<number | undefined> {
    const [row] = await this.database.query<{ ms: number | null }>(
      `select (extract(epoch from min(coalesce(next_try, now())) - now()) * 1000)::int as ms
       from parked p where ${FIRST_OF_ITS_KEY}`,
      [consumers],
    );
    return row?.ms ?? undefined;
  }

  /** The key goes on without it. The inbox row keeps a late redelivery from running it after its successors. */
  private async bury(delivered: Delivered, reason: string, attempts: number): Promise<void> {
    await this.inbox.receive([delivered], true);
    await this.deadLetters.add(delivered, reason, attempts);
    await this.database.query('delete from parked where consumer = $1 and event_id = $2', [
      delivered.consumer.name,
      delivered.record.id,
    ]);
  }

  private async insert({ consumer, record }: Delivered, attempts: number, reason: string | null, delay: number | null) {
    await this.database.query(
      `insert into parked (consumer, event_id, topic, key, sequence, record, attempts, reason, next_try)
       values ($1, $2, $3, $4, $5, $6, $7, $8, now() + $9 * interval '1 second') on conflict do nothing`,
      [
        consumer.name,
        record.id,
        record.topic,
        record.key,
        record.sequence,
        JSON.stringify(record),
        attempts,
        reason,
        delay,
      ],
    );
  }
}

/** Of the consumers in $1, the events that no other of their key is before. */
const FIRST_OF_ITS_KEY = `consumer = any($1) and not exists (
  select from parked o where (o.consumer, o.topic, o.key) = (p.consumer, p.topic, p.key)
    and (o.sequence, o.event_id) < (p.sequence, p.event_id))`;

const LONGEST_REASON = 2_000;

/** As Postgres can store it: a reason that cannot be booked would block its relay. */
function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return reason.toWellFormed().replaceAll('\0', '').slice(0, LONGEST_REASON);
}
