import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { Consumer } from './consumer.js';
import type { EventRecord } from '../event.js';

/** One event for one consumer. */
export interface Delivered {
  readonly consumer: Pick<Consumer, 'name'>;
  readonly record: EventRecord;
}

/**
 * fresh: the effect has not happened yet, and may happen now. duplicate: it has happened. behind: this event or an
 * earlier one of its key is parked.
 */
export type Outcome = 'fresh' | 'duplicate' | 'behind';

/** The events that this service's consumers have received. */
@Injectable()
export class Inbox {
  constructor(private readonly database: Database) {}

  /**
   * Inserts the inbox rows of a batch and returns the outcome of each event. Call it first in the consumer's
   * transaction: of two deliveries of an event, the second waits here until the first has committed or rolled back.
   * Every delivery of a key begins with its first unsettled event, so no two transactions work on one key. With
   * `includeParked`, events of keys that have parked events are received too.
   */
  async receive(deliveries: readonly Delivered[], includeParked = false): Promise<Outcome[]> {
    const others = await this.database.query<{ n: number; outcome: Outcome }>(RECEIVE, [
      JSON.stringify(deliveries.map(toRow)),
      includeParked,
    ]);
    const outcomes = deliveries.map((): Outcome => 'fresh');
    for (const { n, outcome } of others) outcomes[n] = outcome;
    return outcomes;
  }

  /**
   * Of these (consumer, event) pairs, those whose effect has committed: the consumer has an inbox row with this event
   * id or causation id. A dead-lettered event has an inbox row too.
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
}

export function seenKey(consumer: string, event: string): string {
  return `${consumer}/${event}`;
}

/** Returns the events that are not fresh: usually none. */
const RECEIVE = `
  with limits as materialized (
    -- Handlers process whole batches, so their statements may take longer than those of requests.
    select set_config('statement_timeout', '60s', true)
  ), incoming as materialized (
    select r.* from limits, json_to_recordset($1) as r
      (n int, consumer text, event_id uuid, topic text, key text, sequence bigint, causation_id uuid)
  ), received as (
    insert into inbox as i (consumer, event_id, topic, key, sequence, causation_id)
    select consumer, event_id, topic, key, sequence, causation_id from incoming r
    where $2 or not exists (
      select from parked p where p.consumer = r.consumer and p.topic = r.topic and p.key = r.key)
    order by n
    on conflict (event_id, consumer) do update set deliveries = i.deliveries + 1
    returning consumer, event_id, deliveries
  )
  select n, case when deliveries is null then 'behind' else 'duplicate' end as outcome
  from incoming left join received using (consumer, event_id) where deliveries is distinct from 1`;

function toRow({ consumer, record }: Delivered, n: number) {
  const { id, topic, key, sequence, causationId } = record;
  return { n, consumer: consumer.name, event_id: id, topic, key, sequence, causation_id: causationId };
}
