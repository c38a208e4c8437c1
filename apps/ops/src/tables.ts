import { Database, UserError } from '#database';
import pg from 'pg';

/** A table of a service, and the columns that are backed up. */
export interface Table {
  readonly name: string;
  /** Without generated columns. */
  readonly columns: readonly string[];
}

/** The connection on which the database of one service is backed up or restored. */
export interface Connection {
  readonly service: string;
  readonly client: pg.Client;
}

/**
 * Runs `work` with one connection per service, each in a transaction. If `work` succeeds, all are committed one after
 * the other; otherwise all are rolled back.
 */
export async function inTransactions<T>(
  databases: readonly Database[],
  mode: string,
  work: (connections: readonly Connection[]) => Promise<T>,
): Promise<T> {
  const connections: Connection[] = [];
  try {
    for (const { service, pool } of databases) {
      // Not from the pool, whose statements have a timeout.
      const client = new pg.Client({ ...pool.options, query_timeout: 0 });
      // If an idle connection is lost, its next statement fails.
      client.on('error', () => undefined);
      connections.push({ service, client });
      await client.connect();
    }
    // Copying may take long, and the other transactions are idle meanwhile.
    const noTimeouts = 'set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0';
    for (const { client } of connections) await client.query(`begin ${mode}; ${noTimeouts}`);
    const result = await work(connections);
    for (const { client } of connections) await client.query('commit');
    return result;
  } finally {
    // Closing a connection rolls back its transaction.
    for (const { client } of connections) await client.end();
  }
}

/** Names of all migrations that were applied, those of the libraries first. */
export async function migrationsOf({ client }: Connection): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select migration_name as name from _library_migrations union all
     select migration_name from _prisma_migrations order by 1`,
  );
  return rows.map((row) => row.name);
}

/** All tables, each after those that its foreign keys refer to. */
export async function tablesOf({ service, client }: Connection): Promise<Table[]> {
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
    if (free.length === 0) throw new UserError(`The foreign keys between the tables of ${service} form a cycle.`);
    ordered.push(...free.map(({ name, columns }) => ({ name, columns })));
    rest = rest.filter((table) => !free.includes(table));
  }
  return ordered;
}

/** The quoted name and column list of a table for `copy`. */
export function quoted(service: string, { name, columns }: Table): string {
  return `"${service}"."${name}" (${columns.map((column) => `"${column}"`).join(', ')})`;
}
