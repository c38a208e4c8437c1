import { Inject, Injectable } from '@nestjs/common';
import { Database } from '#database';
import { DeadLetters, storable } from './dead-letters.js';
import type { EventRecord } from '../event.js';
import { type Delivered, Inbox } from './inbox.js';
import { EVENTS_SETTINGS, type EventsSettings } from '../settings.js';

export interface ParkedEvent {
  readonly consumer: string;
  readonly record: EventRecord;
  readonly attempts: number;
  /** When the previous attempt ended, also one that was uncounted, or when it was parked behind another event. */
  readonly waitingSince: Date;
}

/**
 * Failed events, and the later events of the same key and consumer. Other keys are not affected. Only the first event
 * of a key is retried, on RETRY_SCHEDULE; with a retry topic the later ones would overtake it.
 */
@Injectable()
export class Parked {
  /** Claims whose attempt must not count, and which could not be released yet. */
  private readonly unreleased: ParkedEvent[] = [];

  constructor(
    private readonly database: Database,
    private readonly inbox: Inbox,
    private readonly deadLetters: DeadLetters,
    @Inject(EVENTS_SETTINGS) private readonly settings: EventsSettings,
  ) {}

  /** Parks an event behind the parked one of its key. Idempotent. */
  async addBehind(delivered: Delivered): Promise<void> {
    await this.insert(delivered, 0, null, null);
  }

  /** Parks an event whose first attempt has failed, or dead-letters it if the schedule allows only one attempt. */
  async addFailed(delivered: Delivered, error: unknown): Promise<void> {
    await this.database.transaction(async () => {
      const delay = this.settings.RETRY_SCHEDULE[1];
      if (delay === undefined)
        await this.deadLetter({ consumer: delivered.consumer.name, record: delivered.record }, reasonOf(error), 1);
      else await this.insert(delivered, 1, reasonOf(error), delay);
    });
  }

  /**
   * Claims the first due event of these consumers, if any. Commits the incremented attempt count before the attempt
   * begins, so that an attempt that crashes the process counts. An event without attempts left becomes a dead letter.
   */
  async claim(consumers: readonly string[]): Promise<ParkedEvent | undefined> {
    await this.releaseClaims();
    return this.database.transaction(async () => {
      const [due] = await this.database.query<ParkedEvent & { reason: string | null }>(
        `with due as (
           select consumer, event_id, next_try from parked p
           where ${FIRST_OF_ITS_KEY} and (next_try is null or next_try <= now())
           order by next_try nulls first limit 1 for update skip locked)
         update parked set attempts = attempts + 1,
           next_try = now() + coalesce(($2::float8[])[attempts + 2], 1) * interval '1 second'
         from due where (parked.consumer, parked.event_id) = (due.consumer, due.event_id)
         returning parked.consumer, record, attempts, reason,
           greatest(due.next_try - ($2::float8[])[attempts] * interval '1 second', parked_at) as "waitingSince"`,
        [consumers, this.settings.RETRY_SCHEDULE],
      );
      if (!due || due.attempts <= this.settings.RETRY_SCHEDULE.length) return due;
      await this.deadLetter(
        due,
        `${due.reason ?? ''} The process ended during the last attempt.`.trim(),
        due.attempts - 1,
      );
      return this.claim(consumers);
    });
  }

  /** Deletes a claimed parked event, in the current transaction. False if another process has claimed it since. */
  async take({ consumer, record, attempts }: ParkedEvent): Promise<boolean> {
    const taken = await this.database.query(
      'delete from parked where consumer = $1 and event_id = $2 and attempts = $3 returning 1',
      [consumer, record.id, attempts],
    );
    return taken.length > 0;
  }

  /** Uncounts an attempt that failed with a transient error. Never throws: if it fails, the next `claim` repeats it. */
  async release(claim: ParkedEvent): Promise<void> {
    this.unreleased.push(claim);
    await this.releaseClaims().catch(() => undefined);
  }

  private async releaseClaims(): Promise<void> {
    for (const claim of this.unreleased.slice()) {
      await this.database.query(
        `update parked set attempts = attempts - 1, next_try = now(), parked_at = now()
         where consumer = $1 and event_id = $2 and attempts = $3`,
        [claim.consumer, claim.record.id, claim.attempts],
      );
      this.unreleased.splice(this.unreleased.indexOf(claim), 1);
    }
  }

  /**
   * Records that a claimed attempt has failed: schedules the next attempt, or dead-letters the event after the last
   * one. Does nothing if another process has claimed it in the meantime.
   */
  async failAgain({ consumer, record }: Delivered, attempts: number, error: unknown): Promise<void> {
    const delay = this.settings.RETRY_SCHEDULE[attempts];
    await this.database.transaction(async () => {
      const mine = await this.database.query(
        'select 1 from parked where consumer = $1 and event_id = $2 and attempts = $3 for update',
        [consumer.name, record.id, attempts],
      );
      if (mine.length === 0) return;
      if (delay === undefined) return this.deadLetter({ consumer: consumer.name, record }, reasonOf(error), attempts);
      await this.database.query(
        `update parked set reason = $3, next_try = now() + $4 * interval '1 second'
         where consumer = $1 and event_id = $2`,
        [consumer.name, record.id, reasonOf(error), delay],
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

  /**
   * Lets later events of the key be delivered. The inbox row keeps a late redelivery from running the event after its
   * successors. An event whose effect has already happened is only deleted from the parked events.
   */
  private async deadLetter(
    parked: { consumer: string; record: EventRecord },
    reason: string,
    attempts: number,
  ): Promise<void> {
    const delivered = { consumer: { name: parked.consumer }, record: parked.record };
    const [outcome] = await this.inbox.receive([delivered], true);
    if (outcome === 'fresh') await this.deadLetters.add(delivered, reason, attempts);
    await this.database.query('delete from parked where consumer = $1 and event_id = $2', [
      parked.consumer,
      parked.record.id,
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

/** The first parked event of each key, for the consumers in $1. */
const FIRST_OF_ITS_KEY = `consumer = any($1) and not exists (
  select from parked o where (o.consumer, o.topic, o.key) = (p.consumer, p.topic, p.key)
    and (o.sequence, o.event_id) < (p.sequence, p.event_id))`;

function reasonOf(error: unknown): string {
  return storable(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}
