import type { Database } from './database.js';

const BATCH = 1_000;

/** Rows that need not be kept. Both are SQL written in the code, never input. */
export interface Expired {
  readonly table: string;
  /** May name the table's columns, qualified by its name where needed. */
  readonly where: string;
}

/** Deletes what has expired, a thousand rows per transaction: no statement is long, and nobody waits for its locks. */
export async function deleteInBatches(database: Database, { table, where }: Expired): Promise<void> {
  for (let deleted = BATCH; deleted === BATCH;) {
    const [row] = await database.query<{ deleted: number }>(
      `with gone as (
         delete from ${table} where ctid = any (array(select ctid from ${table} where ${where} limit ${BATCH})) returning 1)
       select count(*) as deleted from gone`,
    );
    deleted = row?.deleted ?? 0;
  }
}
