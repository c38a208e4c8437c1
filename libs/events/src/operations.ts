import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { bucketOf } from './outbox/buckets.js';
import { RELAY, TRANSPORT } from './consuming/dead-letters.js';
import type { EventRecord } from './event.js';

export interface DeadLetter {
  readonly service: string;
  /** The name of a consumer, or `relay` or `transport`. */
  readonly consumer: string;
  readonly attempts: number;
  readonly reason: string;
  readonly diedAt: Date;
  readonly record: EventRecord;
}

export interface DeliveryStatus {
  readonly service: string;
  /** Events that no transport has acknowledged yet. */
  readonly waiting: number;
  /** Seconds since the oldest of them was written. */
  readonly oldest: number | null;
  /** Relays seen in the last 5 seconds. */
  readonly relays: number;
  readonly parked: number;
  readonly deadLetters: number;
  /** Gaps in the sequences of keys. */
  readonly gaps: number;
}

const MAX_LEVEL = 10_000;
const upTo = (table: string, order: string) =>
  `(select count(*) from (select 1 from ${table} order by ${order} limit ${MAX_LEVEL}) as counted)`;

const LEVELS = `
  select ${upTo('outbox', 'position')} as waiting,
    (select extract(epoch from now() - time)::float8 from outbox order by position limit 1) as oldest,
    ${upTo('parked', 'consumer, event_id')} as parked,
    ${upTo('dead_letters', 'consumer, event_id')} as "deadLetters",
    (select count(*) from sequence_gaps) as gaps`;

const COLUMNS = 'consumer, attempts, reason, died_at as "diedAt", record';

/** Which dead letters: of one consumer, or dead-lettered before a time. */
export interface DeadLetterFilter {
  readonly before?: Date;
  readonly consumer?: string;
}

/** Status and dead-letter operations on one service's delivery. Needs only its database. */
@Injectable()
export class Operations {
  constructor(private readonly database: Database) {}

  async status(): Promise<DeliveryStatus> {
    const [row] = await this.database.query<Omit<DeliveryStatus, 'service'>>(
      `select (select count(*) from outbox) as waiting,
         (select extract(epoch from now() - min(time))::float8 from outbox) as oldest,
         (select count(*) from relays where seen_at > now() - interval '5 seconds') as relays,
         (select count(*) from parked) as parked, (select count(*) from dead_letters) as "deadLetters",
         (select count(*) from sequence_gaps) as gaps`,
    );
    if (!row) throw new Error('The query returned no row.');
    return { service: this.database.service, ...row };
  }

  /** As `status`, with counts up to MAX_LEVEL and on connections that requests do not use: for frequent reading. */
  async levels(): Promise<Omit<DeliveryStatus, 'relays'>> {
    const [row] = await this.database.queryBounded<Omit<DeliveryStatus, 'service' | 'relays'>>(LEVELS);
    if (!row) throw new Error('The query returned no row.');
    return { service: this.database.service, ...row };
  }

  /** The latest dead letters first, those that can be replayed before those that never were events. */
  async deadLetters(limit: number, { before, consumer }: DeadLetterFilter = {}): Promise<DeadLetter[]> {
    return this.select(
      `where ($2::timestamptz is null or died_at < $2) and ($3::text is null or consumer = $3)
       order by consumer = '${TRANSPORT}', died_at desc limit $1`,
      [limit, before ?? null, consumer ?? null],
    );
  }

  /** The dead letters of one event: at most one per consumer. */
  async deadLettersOf(eventId: string): Promise<DeadLetter[]> {
    return this.select('where event_id = $1 order by consumer', [eventId]);
  }

  /**
   * Replays a dead letter: its consumer handles the event within a second or so, with the whole retry schedule; one
   * from the relay goes back to the outbox. Later events of its key have been handled before, so handlers must compare
   * versions. False if it is not a dead letter (any longer), or never was an event.
   */
  async replay({ consumer, record }: DeadLetter): Promise<boolean> {
    if (consumer === TRANSPORT) return false;
    return this.database.transaction(async () => {
      if (!(await this.discard({ consumer, record }))) return false;
      if (consumer === RELAY) {
        const bucket = bucketOf(record.topic, record.key);
        await this.database.query(BACK_TO_OUTBOX, [JSON.stringify({ ...record, bucket })]);
      } else {
        await this.database.query('delete from inbox where event_id = $1 and consumer = $2', [record.id, consumer]);
        await this.database.query(
          `insert into parked (consumer, event_id, topic, key, sequence, record, attempts)
           values ($1, $2, $3, $4, $5, $6, 0)`,
          [
            consumer,
            record.id,
            record.topic,
            record.key,
            record.sequence,
            JSON.stringify({ ...record, replayed: true }),
          ],
        );
      }
      return true;
    });
  }

  /** Deletes a dead letter for good. False if it is not a dead letter (any longer). */
  async discard({ consumer, record }: Pick<DeadLetter, 'consumer' | 'record'>): Promise<boolean> {
    const gone = await this.database.query(
      'delete from dead_letters where consumer = $1 and event_id = $2 returning 1 as gone',
      [consumer, record.id],
    );
    return gone.length > 0;
  }

  private async select(condition: string, values: readonly unknown[]): Promise<DeadLetter[]> {
    const rows = await this.database.query<Omit<DeadLetter, 'service'>>(
      `select ${COLUMNS} from dead_letters ${condition}`,
      values,
    );
    return rows.map((row) => ({ service: this.database.service, ...row }));
  }
}

const BACK_TO_OUTBOX = `
  insert into outbox (id, type, topic, key, bucket, sequence, time, causation_id, traceparent, payload)
  select id, type, topic, key, bucket, sequence, time, "causationId", traceparent, payload from json_to_record($1)
    as r (id uuid, type text, topic text, key text, bucket smallint, sequence bigint, time timestamptz,
      "causationId" uuid, traceparent text, payload text)`;
