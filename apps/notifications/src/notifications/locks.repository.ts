import { sql } from 'kysely';
import { type Database, once } from '#database';

const lock = once(
  'locks: lock each',
  ({ kind, names }: { kind: string; names: readonly string[] }) => sql<never>`
    select pg_advisory_xact_lock(hashtextextended(${kind} || ' ' || name, 0))
    from unnest(${names}::text[]) with ordinality as each (name, n) order by n`,
);

/**
 * Lets one transaction at a time join the rows of each of these names; otherwise two concurrent ones could each miss the
 * other's. In one order, so that two batches cannot wait for each other.
 */
export async function lockEach(database: Database, kind: string, names: readonly string[]): Promise<void> {
  if (names.length > 0) await database.run(lock({ kind, names: [...new Set(names)].sort() }));
}
