import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { noting } from './errors.js';
import { UserError } from './user-error.js';

/** Which folders of migrations make up one service's schema. Libraries come first, in the order given. */
export interface MigrationPlan {
  readonly service: string;
  readonly url: string;
  /** Name of the library → its folder of migrations. Booked in `_library_migrations`. */
  readonly libraries: Readonly<Record<string, string>>;
  /** The service's own folder, in Prisma's format and with Prisma's bookkeeping. */
  readonly folder: string;
}

interface Booked {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished_at: Date | null;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** Any constant will do, as long as every process uses the same: it makes starting processes migrate one at a time. */
const MIGRATION_LOCK = 7_270_736_900;

/**
 * Applies what is missing, in order, and returns the names. Each migration and its bookkeeping commit together, so a
 * kill -9 leaves it applied or not at all. Refuses (UserError) a migration that was edited after it was applied.
 */
export async function migrate(plan: MigrationPlan): Promise<string[]> {
  const client = await reach(plan);
  try {
    await ask(client, 'select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await ask(client, `create schema if not exists "${plan.service}"`);
    await ask(client, `set search_path to "${plan.service}", public`);
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

/** Nobody answers at a URL, or does not know the name or the password. */
export class DatabaseAway extends UserError {}

/** Throws DatabaseAway if a service's database cannot be used as its URL says. */
export async function assertReachable(where: Pick<MigrationPlan, 'service' | 'url'>): Promise<void> {
  await (await reach(where)).end();
}

/** What goes wrong names the server, not the credentials. */
async function reach({ service, url }: Pick<MigrationPlan, 'service' | 'url'>): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  await client.connect().catch((error: NodeJS.ErrnoException) => {
    throw explainAbsence(error.code ?? error.message, service, url);
  });
  return client;
}

function explainAbsence(reason: string, service: string, url: string): DatabaseAway {
  return new DatabaseAway(
    `The database of ${service} at ${new URL(url).host} does not answer (${reason}). Start it, or mend its URL.`,
  );
}

/** As `client.query`; what ends the connection is known as transient afterwards. */
async function ask<Row extends pg.QueryResultRow>(client: pg.Client, text: string, values?: unknown[]) {
  return noting(() => client.query<Row>(text, values));
}

async function applyFolder(client: pg.Client, book: string, folder: string, prefix: string): Promise<string[]> {
  await ask(client, bookTable(book));
  const { rows } = await ask<Booked>(
    client,
    `select migration_name, checksum, finished_at from "${book}" where rolled_back_at is null`,
  );
  const booked = new Map(rows.map((row) => [row.migration_name, row]));
  const applied: string[] = [];
  for (const migration of migrationsIn(folder)) {
    const name = prefix + migration.name;
    const known = booked.get(name);
    if (known?.finished_at) assertUnchanged(name, known.checksum, migration.checksum);
    else {
      await applyOne(client, book, name, migration, known !== undefined);
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

function assertUnchanged(name: string, booked: string, found: string): void {
  if (booked === found) return;
  throw new UserError(
    `Migration ${name} was edited after it had been applied. Restore it, and write a new one instead.`,
  );
}

async function applyOne(
  client: pg.Client,
  book: string,
  name: string,
  { sql, checksum }: Migration,
  begun: boolean,
): Promise<void> {
  const start = `insert into "${book}" (id, checksum, migration_name) values ($1, $2, $3)`;
  const finish = `update "${book}" set finished_at = now(), applied_steps_count = 1 where migration_name = $1 and finished_at is null`;
  if (/\bconcurrently\b/i.test(sql)) {
    // Cannot run inside a transaction: booked first, and run again after a crash, so such a file must be repeatable.
    if (!begun) await ask(client, start, [randomUUID(), checksum, name]);
    await ask(client, sql);
    await ask(client, finish, [name]);
    return;
  }
  if (begun)
    throw new UserError(`Migration ${name} failed earlier. Repair the schema, then delete its row in ${book}.`);
  try {
    await ask(client, 'begin');
    await ask(client, start, [randomUUID(), checksum, name]);
    await ask(client, sql);
    await ask(client, finish, [name]);
    await ask(client, 'commit');
  } catch (error) {
    await ask(client, 'rollback');
    throw new Error(`Migration ${name} failed: ${(error as Error).message}`, { cause: error });
  }
}

/** The columns are Prisma's, so that `prisma migrate` may be used on the same database. */
function bookTable(book: string): string {
  return `create table if not exists "${book}" (
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
