import { chmodSync, copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { type DataFolder, lockDataFolder } from './data-folder.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';
import { explainFailure } from './explain-failure.js';
import { UserError } from '../user-error.js';

let root: string;
let locks: DataFolder[];
let servers: EmbeddedPostgres[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'twofold-embedded-'));
  chmodSync(root, 0o755); // Postgres runs as another user if these tests run as root
  [locks, servers] = [[], []];
});

afterEach(async () => {
  for (const server of servers) await server.stop();
  for (const lock of locks) lock.release();
  rmSync(root, { recursive: true });
});

async function start(name: string): Promise<EmbeddedPostgres> {
  const lock = await lockDataFolder(join(root, name));
  locks.push(lock);
  const server = await startEmbeddedPostgres(lock);
  servers.push(server);
  return server;
}

/** Starts and stops a server, so that its folder is filled. */
async function prepare(name: string): Promise<string> {
  await (await start(name)).stop();
  locks.pop()?.release();
  return join(root, name, 'postgres');
}

async function folderOf({ url }: EmbeddedPostgres): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ data_directory: string }>('show data_directory');
  await client.end();
  return rows[0]?.data_directory ?? '';
}

const errorOf = (starting: Promise<unknown>) =>
  starting.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('A data folder whose postmaster.pid is stale', () => {
  it.each([
    ['empty', ''],
    ['rubbish', 'not a number\n'],
    ['of a server in single-user mode that has ended', '-4194303\n'],
    ['of another program', `${process.pid}\n\n\n5432\n`],
  ])('starts: %s', async (_what, content) => {
    const home = await prepare('data');
    writeFileSync(join(home, 'postmaster.pid'), content);
    expect(await folderOf(await start('data'))).toBe(home);
  });

  it('starts, and leaves the server of another folder alone that the file names', async () => {
    const other = await start('other');
    const home = await prepare('data');
    copyFileSync(join(root, 'other/postgres/postmaster.pid'), join(home, 'postmaster.pid'));
    expect(await folderOf(await start('data'))).toBe(home);
    expect(await folderOf(other)).toBe(join(root, 'other/postgres'));
  });

  it('is not opened while its server runs under the name that the folder had before', async () => {
    await start('data');
    locks.pop()?.release();
    renameSync(join(root, 'data'), join(root, 'renamed'));
    const error = await errorOf(start('renamed'));
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toMatch(
      /^The Postgres of .*data\/postgres \(process \d+\) is named in .*renamed\/postgres\/postmaster.pid\. Stop it, then/,
    );
  });
});

describe('A data folder that cannot be used is refused with one sentence', () => {
  const refusal = async (name: string) => {
    const error = await errorOf(start(name));
    expect(error).toBeInstanceOf(UserError);
    return (error as Error).message;
  };

  it('of an older PostgreSQL', async () => {
    const home = await prepare('data');
    writeFileSync(join(home, 'PG_VERSION'), '16\n');
    expect(await refusal('data')).toMatch(/^The data in .* is of PostgreSQL 16, and this Twofold has \d+\. Back it up/);
  });

  it('without its database', async () => {
    const home = await prepare('data');
    renameSync(home, join(root, 'elsewhere'));
    expect(await refusal('data')).toMatch(/^The database of .*data is not at .*postgres\. If the folder was moved/);
  });

  it('with a file that Postgres does not read', async () => {
    const home = await prepare('data');
    writeFileSync(join(home, 'postgresql.conf'), 'nonsense\n');
    const message = await refusal('data');
    expect(message).toMatch(/^Postgres did not start: .*postgresql\.conf.*\. Its data is in .*\.$/);
    expect(message).not.toContain('\n');
  });
});

describe('What Postgres prints', () => {
  it.each([
    [
      'initdb: error: could not write to file "pg_wal/xlogtemp.1": No space left on device',
      /^The disk of \/data is full/,
    ],
    [
      'FATAL:  could not open file "PG_VERSION": Permission denied',
      /^Postgres may not use \/data: could not open file/,
    ],
    ['', /^Postgres did not start: it printed no reason\./],
    ['FATAL:  could not create shared memory segment: No space left on device', /^Postgres got no shared memory/],
    [
      'FATAL:  data directory "/data" has wrong ownership',
      /Give the folder to the user 65534, which Postgres runs as\.$/,
    ],
  ])('is one sentence: %s', (log, sentence) => {
    expect(explainFailure(log, { home: '/data', runner: { uid: 65534 } }).message).toMatch(sentence);
  });
});
