import { Database, UserError } from '#database';
import pg from 'pg';

/** A table of a service, as far as a backup is concerned. */
export interface Table {
  readonly name: string;
  /** Without those that the database computes. */
  readonly columns: readonly string[];
}

/** One service's database, and the connection on which it is copied. */
export interface Copied {
  readonly service: string;
  readonly client: pg.Client;
}

/**
 * Runs `work` with one connection per service, each in a transaction; if it succeeds all are
 * committed, one after the other, and else none.
 */
export async function inTransactions<T>(
  databases: readonly Database[],
  mode: string,
  work: (copied: readonly Copied[]) => Promise<T>,
): Promise<T> {
  const copied: Copied[] = [];
  try {
    for (const { service, pool } of databases) {
      // Not of the pool, whose statements may take only so long.
      const client = new pg.Client({ ...pool.options, query_timeout: 0 });
      // A connection that ends while it waits is noticed by its next statement.
      client.on('error', () => undefined);
      copied.push({ service, client });
      await client.connect();
    }
    // Copying takes as long as it takes, and meanwhile the others wait in their transactions.
    const patience = 'set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0';
    for (const { client } of copied) await client.query(`begin ${mode}; ${patience}`);
    const result = await work(copied);
    for (const { client } of copied) await client.query('commit');
    return result;
  } finally {
    // What has not been committed ends with its connection.
    for (const { client } of copied) await client.end();
  }
}

/** Names of all migrations that were applied, those of the libraries first. */
export async function migrationsOf({ client }: Copied): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select migration_name as name from _library_migrations union all
     select migration_name from _prisma_migrations order by 1`,
  );
  return rows.map((row) => row.name);
}

/** In an order in which each comes after those that it refers to. */
export async function tablesOf({ service, client }: Copied): Promise<Table[]> {
  const { rows } = await client.query<Table & { refers: string[] }>(
    `select c.relname as name,
       (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
       (select coalesce(array_agg(r.relname::text), '{}') from pg_constraint f join pg_class r on r.oid = f.confrelid
        where f.conrelid = c.oid and f.contype = 'f' and r.oid <> c.oid) as refers
     from pg_class c where c.relnamespace = $1::regnamespace and c.relkind = 'r'
       and c.relname not in ('_prisma_migrations', '_library_migrations') order by 1`,
    [service],
  );
  const ordered: Table[] = [];
  let rest = rows;
  while (rest.length > 0) {
    const names = new Set(rest.map((table) => table.name));
    const free = rest.filter((table) => !table.refers.some((name) => names.has(name)));
    if (free.length === 0) throw new UserError(`The tables of ${service} refer to each other in a circle.`);
    ordered.push(...free.map(({ name, columns }) => ({ name, columns })));
    rest = rest.filter((table) => !free.includes(table));
  }
  return ordered;
}

/** As SQL names it. */
export function quoted(service: string, { name, columns }: Table): string {
  return `"${service}"."${name}" (${columns.map((column) => `"${column}"`).join(', ')})`;
}
