/** The limit of a drain: rows are deleted in the same batches and returned parsed. A crash after that loses them. */
import pg from 'pg';
import { answerParent, endOnSignal } from './shared/answer-parent.js';

const BATCH = 256;
const DELETE = `delete from outbox where position = any(array
  (select position from outbox where bucket = any($1) order by position limit ${BATCH})) returning *`;

const client = new pg.Client({
  connectionString: process.env['DATABASE_URL'] ?? '',
  options: '-c search_path=posts,public -c timezone=UTC',
});
await client.connect();
const values = [Array.from({ length: 16 }, (_, bucket) => bucket)];

endOnSignal(() => client.end());
answerParent('', async (operations) => {
  for (let left = operations; left > 0;) {
    const { rows } = await client.query<Record<string, unknown>>({ name: 'drain', text: DELETE, values });
    if (rows.length === 0) throw new Error(`${left} rows are missing.`);
    left -= rows.length;
  }
});
