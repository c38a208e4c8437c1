import { Injectable } from '@nestjs/common';
import { Database, type Statement } from '#database';
import { v7 as uuidv7 } from 'uuid';
import { bucketOf } from './buckets.js';
import { currentCause } from '../cause.js';
import { EventClock } from '../event-clock.js';
import type { EventRecord, NewEvent } from '../event.js';
import { ASYNC_COMMIT } from './async-commit.js';

/** An event record in the outbox; `position` is the primary key of its row. */
export interface OutboxRecord extends EventRecord {
  readonly position: number;
}

const REMOVE = `with ${ASYNC_COMMIT} delete from outbox using async_commit where position = any($1)`;
const COLUMNS = 'id, type, topic, key, bucket, sequence, time, causation_id, traceparent, payload';

/** Events of this service that are stored in its database and not yet acknowledged by a transport. */
@Injectable()
export class Outbox {
  private readonly wakers: (() => void)[] = [];

  constructor(
    private readonly database: Database,
    private readonly clock: EventClock,
  ) {}

  /** Adds events to the current unit of work. They are published only if it commits. */
  async append(...events: NewEvent[]): Promise<void> {
    await this.appendWith({ text: 'select 1 as one', values: [], prepared: true }, ...events);
  }

  /**
   * Makes a change and adds its events in one statement: one round trip, and atomic.
   * Returns the rows that the change returns, by its `returning` or as a select; if there are none, no event is added.
   */
  async appendWith<Row extends object>(change: Statement<Row>, ...events: NewEvent[]): Promise<Row[]> {
    await this.clock.ready();
    const time = this.clock.now().toISOString();
    const records = events.map((event) => toRecord(event, time));
    const touched = await this.database.query<Row>(
      `with change as (${change.text}), event as (
         insert into outbox (${COLUMNS})
         select ${COLUMNS} from json_to_recordset($${change.values.length + 1}) as event (id uuid, type text, topic text,
           key text, bucket smallint, sequence bigint, time timestamptz, causation_id uuid, traceparent text, payload text)
         where exists (select from change))
       select * from change`,
      [...change.values, JSON.stringify(records)],
    );
    if (touched.length === 0) return [];
    currentCause()?.emitted.push(...records.map(({ type, id, key }) => ({ type, id, key })));
    await this.database.afterCommit(() => this.wakers.forEach((wake) => wake()));
    return touched;
  }

  /** The oldest rows of these buckets, each key from its first remaining row, in the order of its sequence. */
  async oldest(buckets: readonly number[], limit: number): Promise<OutboxRecord[]> {
    const rows = await this.database.query<OutboxRow>(
      `select position, ${COLUMNS} from outbox where bucket = any($1) order by position limit $2`,
      [buckets, limit],
    );
    return rows.map(fromRow);
  }

  /** Deletes settled rows. If a crash of the server loses the deletion, their events are published again. */
  async remove(positions: readonly number[]): Promise<void> {
    if (positions.length > 0) await this.database.query(REMOVE, [positions]);
  }

  /** The position of the latest row of a topic; undefined if there is none. */
  async lastPosition(topic: string): Promise<number | undefined> {
    const text = 'select max(position) as last from outbox where topic = $1';
    const [row] = await this.database.query<{ last: number | null }>(text, [topic]);
    return row?.last ?? undefined;
  }

  /** Whether a row of a topic is left at this position or before it. */
  async hasRowUpTo(topic: string, position: number): Promise<boolean> {
    const text = 'select 1 from outbox where topic = $1 and position <= $2 limit 1';
    return (await this.database.query(text, [topic, position])).length > 0;
  }

  /** Calls `waker` after each commit that added events, so that a relay need not wait for its next poll. */
  onAppended(waker: () => void): void {
    this.wakers.push(waker);
  }
}

/** Publisher and consumer both validate the schema: an event that violates its contract never leaves its service. */
function toRecord({ contract, data, sequence }: NewEvent, time: string) {
  const checked = contract.data.parse(data);
  const key = contract.keyOf(checked);
  const cause = currentCause();
  return {
    id: uuidv7(),
    type: contract.type,
    topic: contract.topic,
    key,
    bucket: bucketOf(contract.topic, key),
    sequence,
    time,
    causation_id: cause?.causationId ?? null,
    traceparent: cause?.traceparent ?? null,
    payload: JSON.stringify(checked),
  };
}

interface OutboxRow {
  position: number;
  id: string;
  type: string;
  topic: string;
  key: string;
  sequence: number;
  time: Date;
  causation_id: string | null;
  traceparent: string | null;
  payload: string;
}

function fromRow(row: OutboxRow): OutboxRecord {
  const { position, id, type, topic, key, sequence, time, causation_id, traceparent, payload } = row;
  return {
    position,
    id,
    type,
    topic,
    key,
    sequence,
    time: time.toISOString(),
    causationId: causation_id,
    traceparent,
    payload,
  };
}
