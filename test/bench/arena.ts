import { join } from 'node:path';
import { migrate, packageRoot, startEmbeddedPostgres, lockDataFolder } from '#database';
import { libraryMigrations } from '#runtime';
import pg from 'pg';
import { postmasterOf } from '../support/database/postmaster.js';
import { temporaryDataFolder } from '../support/infrastructure/data-folder.js';
import { cpuOfPostgres } from './cpu.js';

/** The Postgres server that all sides share; each side has its own database. */
export interface Arena {
  /** A new database with the schemas of these services. */
  database(services: readonly string[]): Promise<ArenaDatabase>;
  /** Microseconds of CPU that Postgres has used. */
  cpu(): number;
  /** Writes a checkpoint, so that no round pays for the writes of the previous one. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

export interface ArenaDatabase {
  readonly url: string;
  /** The DATA_DIR of the process that uses the database. */
  readonly dataFolder: string;
  query(sql: string, values?: readonly unknown[]): Promise<void>;
  hasRows(table: string): Promise<boolean>;
}

export async function openArena(): Promise<Arena> {
  const folder = temporaryDataFolder();
  const lock = await lockDataFolder(folder.path);
  const postgres = await startEmbeddedPostgres(lock);
  const admin = await connect(postgres.url);
  // A checkpoint or a vacuum would be charged to the round that it happens to fall into.
  for (const setting of ['autovacuum = off', `checkpoint_timeout = '1h'`, `max_wal_size = '8GB'`])
    await admin.query(`alter system set ${setting}`);
  await admin.query('select pg_reload_conf()');
  const postmaster = await postmasterOf(admin);
  const clients = [admin];
  let databases = 0;
  return {
    cpu: () => cpuOfPostgres(postmaster),
    settle: async () => void (await admin.query('checkpoint')),
    database: async (services) => {
      const url = new URL(postgres.url);
      url.pathname = `/bench_${++databases}`;
      await admin.query(`create database bench_${databases}`);
      await migrateAll(services, url.href);
      const client = await connect(url.href);
      clients.push(client);
      const query = async (sql: string, values: readonly unknown[] = []) => void (await client.query(sql, [...values]));
      const hasRows = async (table: string) => (await client.query(`select from ${table} limit 1`)).rowCount === 1;
      return { url: url.href, dataFolder: `${folder.path}-${databases}`, query, hasRows };
    },
    close: async () => {
      for (const client of clients) await client.end();
      await postgres.stop();
      lock.release();
      await folder.remove();
    },
  };
}

/** Settings of a service on this database: no rate limits, and only warnings in the log. */
export function settingsFor({ url, dataFolder }: ArenaDatabase): Record<string, string> {
  return { DATABASE_URL: url, DATA_DIR: dataFolder, PORT: '0', RATE_LIMIT: 'off', LOG_LEVEL: 'warn' };
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

async function migrateAll(services: readonly string[], url: string): Promise<void> {
  const root = packageRoot();
  const libraries = libraryMigrations();
  for (const service of services)
    await migrate({ service, url, libraries, folder: join(root, `apps/${service}/prisma/migrations`) });
}
