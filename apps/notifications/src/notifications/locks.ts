import type { Database } from '#database';

/**
 * Lets one transaction at a time join what concerns each of these; otherwise two that arrive at once could each miss the
 * other. In one order, so that two batches cannot wait for each other.
 */
export async function lockEach(database: Database, kind: string, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  await database.query(
    `select pg_advisory_xact_lock(hashtextextended($1 || ' ' || name, 0))
     from unnest($2::text[]) with ordinality as each (name, n) order by n`,
    [kind, [...new Set(names)].sort()],
  );
}
