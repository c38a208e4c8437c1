import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { trackErrors } from './errors.js';
import { UserError } from './user-error.js';

/** The migration folders that make up one service's schema. Those of libraries come first, in the order given. */
export interface MigrationPlan {
  readonly service: string;
  readonly url: string;
  /** Name of the library → its folder of migrations. Recorded in `_library_migrations`. */
  readonly libraries: Readonly<Record<string, string>>;
  /** The service's own folder, in Prisma's format. Recorded in Prisma's table, `_prisma_migrations`. */
  readonly folder: string;
}

interface MigrationRow {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished_at: Date | null;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** While a migration waits for a lock on a table, every later statement on that table waits behind it. */
const LOCK_TIMEOUT_MS = 3_000;
const LOCK_ATTEMPTS = 60;
const PAUSE_MS = 1_000;

const LOCK_POLL_MS = 100;

const LOCK_NOT_AVAILABLE = '55P03';

/** Key of the lock that makes starting processes migrate one at a time: any constant that all processes share. */
const MIGRATION_LOCK = 7_270_736_900;

/**
 * Applies the pending migrations in order and returns their names. Each migration and its record commit together, so
 * after a kill -9 it is applied completely or not at all. One that waits three seconds for a lock is rolled back and tried again a
 * second later, up to 60 times. Throws a UserError if an applied migration was edited.
 */
export async function migrate(plan: MigrationPlan): Promise<string[]> {
  const client = await connectTo(plan);
  try {
    await lock(client);
    await execute(client, `create schema if not exists "${plan.service}"`);
    await execute(client, `set search_path to "${plan.service}", public`);
    const applied: string[] = [];
    for (const [library, folder] of Object.entries(plan.libraries)) {
      applied.push(...(await applyFolder(client, '_library_migrations', folder, `${library}/`)));
    }
    applied.push(...(await applyFolder(client, '_prisma_migrations', plan.folder, '')));
    return applied;
  } finally {
    await client.end();
  }
}

/** Asks again and again: `create index concurrently` waits for every statement, and so for one that waited for this lock. */
async function lock(client: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await execute<{ locked: boolean }>(client, 'select pg_try_advisory_lock($1) as locked', [
      MIGRATION_LOCK,
    ]);
    if (rows[0]?.locked) return;
    await delay(LOCK_POLL_MS);
  }
}

/** No server responds at a database URL, or it does not accept the name or the password. */
export class DatabaseUnreachable extends UserError {}

/** Throws DatabaseUnreachable if a connection to a service's database cannot be opened with its URL. */
export async function assertReachable(where: Pick<MigrationPlan, 'service' | 'url'>): Promise<void> {
  await (await connectTo(where)).end();
}

/** Opens a connection. The error names the server but not the credentials. */
async function connectTo({ service, url }: Pick<MigrationPlan, 'service' | 'url'>): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  await client.connect().catch((error: NodeJS.ErrnoException) => {
    throw unreachableError(error.code ?? error.message, service, url);
  });
  return client;
}

function unreachableError(reason: string, service: string, url: string): DatabaseUnreachable {
  return new DatabaseUnreachable(
    `The database of ${service} at ${new URL(url).host} does not answer (${reason}). Start it, or fix its URL.`,
  );
}

/** As `client.query`; records an error that ends the connection, so that `isTransient` recognises it. */
async function execute<Row extends pg.QueryResultRow>(client: pg.Client, text: string, values?: unknown[]) {
  return trackErrors(() => client.query<Row>(text, values));
}

async function applyFolder(client: pg.Client, tableName: string, folder: string, prefix: string): Promise<string[]> {
  await execute(client, migrationTable(tableName));
  const { rows } = await execute<MigrationRow>(
    client,
    `select migration_name, checksum, finished_at from "${tableName}" where rolled_back_at is null`,
  );
  const recorded = new Map(rows.map((row) => [row.migration_name, row]));
  const applied: string[] = [];
  for (const migration of migrationsIn(folder)) {
    const name = prefix + migration.name;
    const known = recorded.get(name);
    if (known?.finished_at) assertUnchanged(name, known.checksum, migration.checksum);
    else {
      await applyOne(client, tableName, name, migration, known !== undefined);
      applied.push(name);
    }
  }
  return applied;
}

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

function migrationsIn(folder: string): Migration[] {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'migration.sql')))
    .map((entry) => entry.name);
  return names.sort().map((name) => {
    const sql = readFileSync(join(folder, name, 'migration.sql'), 'utf8');
    return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
  });
}

function assertUnchanged(name: string, recorded: string, found: string): void {
  if (recorded === found) return;
  throw new UserError(
    `Migration ${name} was edited after it had been applied. Restore it, and write a new one instead.`,
  );
}

async function applyOne(
  client: pg.Client,
  tableName: string,
  name: string,
  { sql, checksum }: Migration,
  begun: boolean,
): Promise<void> {
  const start = `insert into "${tableName}" (id, checksum, migration_name) values ($1, $2, $3)`;
  const finish = `update "${tableName}" set finished_at = now(), applied_steps_count = 1, checksum = $2
    where migration_name = $1 and finished_at is null`;
  const withoutComments = sql.replaceAll(/--.*$/gm, '');
  if (/\bconcurrently\b/i.test(withoutComments)) {
    // Cannot run inside a transaction: the record comes first and a crash leads to a second run: it must be idempotent.
    if (!begun) await execute(client, start, [randomUUID(), checksum, name]);
    // Sent together, statements would share a transaction.
    for (const statement of withoutComments.split(';')) await execute(client, statement);
    await execute(client, finish, [name, checksum]);
    return;
  }
  if (begun)
    throw new UserError(`Migration ${name} failed earlier. Repair the schema, then delete its row in ${tableName}.`);
  for (let attempt = 1; ; attempt++) {
    try {
      await execute(client, 'begin');
      await execute(client, `set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
      await execute(client, start, [randomUUID(), checksum, name]);
      await execute(client, sql);
      await execute(client, finish, [name, checksum]);
      await execute(client, 'commit');
      return;
    } catch (error) {
      await execute(client, 'rollback');
      const isLocked = (error as pg.DatabaseError).code === LOCK_NOT_AVAILABLE;
      if (!isLocked || attempt === LOCK_ATTEMPTS)
        throw new Error(`Migration ${name} failed: ${(error as Error).message}`, { cause: error });
      await delay(PAUSE_MS);
    }
  }
}

/** The columns are Prisma's, so that `prisma migrate` can be used on the same database. */
function migrationTable(tableName: string): string {
  return `create table if not exists "${tableName}" (
    id varchar(36) primary key not null,
    checksum varchar(64) not null,
    finished_at timestamptz,
    migration_name varchar(255) not null,
    logs text,
    rolled_back_at timestamptz,
    started_at timestamptz not null default now(),
    applied_steps_count integer not null default 0
  )`;
}
