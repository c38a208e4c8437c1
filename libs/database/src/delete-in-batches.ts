import type { Database } from './database.js';

const BATCH = 1_000;

/** Rows to delete. Both fields are SQL constants from the code, never input. */
export interface Expired {
  readonly table: string;
  /** May reference the table's columns, qualified by its name where needed. */
  readonly where: string;
}

/** Deletes expired rows, 1,000 per transaction, so that statements are short and do not hold locks for long. */
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
