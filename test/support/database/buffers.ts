import type { Database } from '#database';
import { databaseThat } from './explained.js';

interface Explained {
  readonly 'QUERY PLAN': readonly { readonly Plan: Record<'Shared Hit Blocks' | 'Shared Read Blocks', number> }[];
}

/**
 * The number of buffer pages that each statement of `work` reads, in order. Writes in a CTE whose rows nothing reads
 * are not counted. The statements are executed, but return no rows.
 */
export async function buffersOf(database: Database, work: (counted: Database) => Promise<unknown>): Promise<number[]> {
  const counts: number[] = [];
  const counted = databaseThat(async (text, values) => {
    const rows = await database.query<Explained>(`explain (analyze, buffers, format json) ${text}`, values);
    const plan = rows[0]?.['QUERY PLAN'][0]?.Plan;
    if (!plan) throw new Error('Postgres returned no query plan.');
    counts.push(plan['Shared Hit Blocks'] + plan['Shared Read Blocks']);
  });
  await work(counted);
  return counts;
}
