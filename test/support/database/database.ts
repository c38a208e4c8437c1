import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type Database, DatabaseServer, migrate, packageRoot } from '#database';
import { libraryMigrations } from '#runtime';
import pg from 'pg';

export interface TestDatabase {
  readonly database: Database;
  readonly url: string;
  close(): Promise<void>;
}

/** A new database with the migrated schema of one service, on the Postgres of the test run. */
export async function testDatabase(service: string): Promise<TestDatabase> {
  const url = await emptyDatabase();
  const root = packageRoot();
  const libraries = libraryMigrations();
  await migrate({ service, url, libraries, folder: join(root, `apps/${service}/prisma/migrations`) });
  const server = new DatabaseServer(() => url, 5);
  return { database: server.open(service), url, close: () => server.close() };
}

/** Creates an empty database. Returns its URL. */
export function emptyDatabase(): Promise<string> {
  return createDatabase(process.env['TEST_POSTGRES_URL'] ?? '', `test_${randomUUID().replaceAll('-', '')}`);
}

/** Creates a database on a server. Returns its URL. */
export async function createDatabase(server: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  const created = new URL(server);
  created.pathname = `/${name}`;
  return created.href;
}
