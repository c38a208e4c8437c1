import { Injectable } from '@nestjs/common';
import { Database } from '#database';

/**
 * Notes which events are in hand at the first delivery after a start, in a commit of its own. A process that an event ends
 * leaves its mark: the next start then delivers the marked events one by one, and the one that ends it again is known. A
 * process that runs writes no marks.
 */
@Injectable()
export class DeliveryMarks {
  /** Of this process, which has not ended. */
  private readonly own = new Set<string>();

  constructor(private readonly database: Database) {}

  /** Of these events, those that an earlier process left marked, and whether each was alone in hand. */
  async left(ids: readonly string[]): Promise<ReadonlyMap<string, { readonly alone: boolean }>> {
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
