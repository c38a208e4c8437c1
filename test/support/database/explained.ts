import type { Database, Statement } from '#database';

/** A database that passes each statement to `examine` instead of running it. The statements return no rows. */
export function databaseThat(examine: (text: string, values: readonly unknown[]) => Promise<void>): Database {
  const query = async (text: string, values: readonly unknown[] = []) => {
    await examine(text, values);
    return [];
  };
  const run = ({ text, values }: Statement<unknown>) => query(text, values);
  return { query, queryBounded: query, run, runBounded: run } as unknown as Database;
}
