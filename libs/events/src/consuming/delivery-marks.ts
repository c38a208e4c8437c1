import { Injectable } from '@nestjs/common';
import { Database } from '#database';

/**
 * Marks the events of the first batch of a source after a start or a reassignment, in a commit of its own. If an event crashes the process, its mark
 * remains: after the next start the marked events are delivered one by one, so that the one that crashes the process
 * again is identified. Once a batch with a fresh event has committed, batches of its source are not marked.
 */
@Injectable()
export class DeliveryMarks {
  /** Events that this process has marked. */
  private readonly own = new Set<string>();

  constructor(private readonly database: Database) {}

  /** Of these events, those whose mark an earlier process left behind, and whether each was delivered alone. */
  async leftByEarlierProcess(ids: readonly string[]): Promise<ReadonlyMap<string, { readonly alone: boolean }>> {
    const rows = await this.database.query<{ id: string; alone: boolean }>(
      'select event_id as id, alone from delivery_marks where event_id = any($1)',
      [ids],
    );
    return new Map(rows.filter(({ id }) => !this.own.has(id)).map(({ id, alone }) => [id, { alone }]));
  }

  async set(ids: readonly string[], alone: boolean): Promise<void> {
    for (const id of ids) this.own.add(id);
    await this.database.query(
      `insert into delivery_marks as m (event_id, alone) select unnest($1::uuid[]), $2
       on conflict (event_id) do update set alone = excluded.alone, marked_at = now()`,
      [ids, alone],
    );
  }

  async clear(ids: readonly string[]): Promise<void> {
    await this.database.query('delete from delivery_marks where event_id = any($1)', [ids]);
    for (const id of ids) this.own.delete(id);
  }
}
