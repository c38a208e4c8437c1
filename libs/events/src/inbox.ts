import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { Consumer } from './consumer.js';
import type { EventRecord } from './event.js';

/** One event for one consumer. */
export interface Delivered {
  readonly consumer: Consumer;
  readonly record: EventRecord;
}

/**
 * fresh: the effect has not happened yet, and may happen now. duplicate: it has happened. behind: an earlier event of
 * the key is parked, or this one is.
 */
export type Outcome = 'fresh' | 'duplicate' | 'behind';

/** What this service's consumers have received. */
@Injectable()
export class Inbox {
  constructor(private readonly database: Database) {}

  /**
   * Books a batch and says what to do with each of its events. Comes first in the consumer's transaction: of two
   * deliveries of an event the second waits here until the first has committed or rolled back.
   *
   * The lock on consumer_position, taken in key order, lets one transaction at a time work on a key.
   */
  async receive(deliveries: readonly Delivered[], parkedToo = false): Promise<Outcome[]> {
    const rows = await this.database.query<{ outcome: Outcome }>(RECEIVE, [
      JSON.stringify(deliveries.map(toRow)),
      parkedToo,
    ]);
    return rows.map((row) => row.outcome);
  }

  /**
   * Of these (consumer, event) pairs, those whose effect is there: an inbox row with that id, or caused by it. An event
   * that became a dead letter has an inbox row too.
   */
  async seen(pairs: readonly { consumer: string; event: string }[]): Promise<Set<string>> {
    const events = pairs.map((pair) => pair.event);
    const rows = await this.database.query<{ consumer: string; event: string }>(
      `select consumer, event_id as event from inbox where event_id = any($1)
       union all select consumer, causation_id from inbox where causation_id = any($1)`,
      [events],
    );
    return new Set(rows.map(({ consumer, event }) => seenKey(consumer, event)));
  }

  /** Inboxes outlive topics (7 days), so that nothing a broker may still hold can have its effect twice. */
  async prune(): Promise<void> {
    await this.database.query(`delete from inbox where received_at < now() - interval '14 days'`);
  }
}

export function seenKey(consumer: string, event: string): string {
  return `${consumer}/${event}`;
}

const RECEIVE = `
  with limits as (
    -- A handler may work on a batch; a request may not take so long.
    select set_config('statement_timeout', '60s', true)
  ), incoming as (
    select * from json_to_recordset($1) as r
      (n int, consumer text, event_id uuid, topic text, key text, sequence bigint, causation_id uuid)
  ), free as (
    select * from incoming i where $2 or not exists (
      select from parked p where p.consumer = i.consumer and p.topic = i.topic and p.key = i.key)
  ), moved as (
    insert into consumer_position as p (consumer, topic, key, sequence, previous)
    select consumer, topic, key, max(sequence), 0 from free group by 1, 2, 3 order by 1, 2, 3
    on conflict (consumer, topic, key) do update
      set previous = p.sequence, sequence = greatest(p.sequence, excluded.sequence)
    returning consumer, topic, key, previous
  ), received as (
    insert into inbox as i (consumer, event_id, topic, key, sequence, causation_id, found_sequence)
    select f.consumer, f.event_id, f.topic, f.key, f.sequence, f.causation_id, greatest(m.previous, max(f.sequence) over
      (partition by f.consumer, f.topic, f.key order by f.n rows between unbounded preceding and 1 preceding))
    from free f join moved m using (consumer, topic, key) order by f.n
    on conflict (event_id, consumer) do update set deliveries = i.deliveries + 1
    returning consumer, event_id, deliveries
  )
  select case when r.deliveries is null then 'behind' when r.deliveries = 1 then 'fresh' else 'duplicate' end as outcome
  from limits, incoming i left join received r using (consumer, event_id) order by i.n`;

function toRow({ consumer, record }: Delivered, n: number) {
  const { id, topic, key, sequence, causationId } = record;
  return { n, consumer: consumer.name, event_id: id, topic, key, sequence, causation_id: causationId };
}
