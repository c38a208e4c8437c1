import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { eventually } from '../../../test/support/eventually.js';
import { emptyDatabase } from '../../../test/support/database/database.js';
import { migrate } from './migrations.js';

describe('Migrations', () => {
  let folder: string;
  let url: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'twofold-migrations-'));
    url = await emptyDatabase();
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const write = (name: string, sql: string) => {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, 'migration.sql'), sql);
  };
  const run = () => migrate({ service: 'things', url, libraries: {}, folder });
  const query = async (sql: string) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(sql);
    await client.end();
    return rows;
  };

  it('are applied once, in order, into the schema of the service', async () => {
    write('2_second', 'alter table t add column b int;');
    write('1_first', 'create table t (a int); insert into t values (1);');
    expect(await run()).toEqual(['1_first', '2_second']);
    expect(await run()).toEqual([]);
    write('3_third', 'update t set b = 2');
    expect(await run()).toEqual(['3_third']);
    expect(await query('select * from things.t')).toEqual([{ a: 1, b: 2 }]);
  });

  it('are applied once by processes that start at the same moment', async () => {
    write('1_first', 'create table t (a int)');
    const applied = await Promise.all([run(), run(), run()]);
    expect(applied.flat()).toEqual(['1_first']);
  });

  it('without a transaction are applied once by processes that start at the same moment', async () => {
    write('1_first', 'create table t (a int)');
    write('2_index', 'create index concurrently t_a on t (a)');
    const applied = await Promise.all([run(), run(), run()]);
    expect(applied.flat()).toEqual(['1_first', '2_index']);
  });

  it('without a transaction may be corrected after they failed', async () => {
    write('1_first', 'create table t (a int)');
    write('2_index', 'create index concurrently t_a on t (nothing)');
    await expect(run()).rejects.toThrow('column "nothing" does not exist');
    write('2_index', 'create index concurrently t_a on t (a) -- concurrently;');
    expect(await run()).toEqual(['2_index']);
    expect(await run()).toEqual([]);
  });

  it('are rolled back if they fail, and retried on the next run', async () => {
    write('1_first', 'create table t (a int); select 1/0;');
    await expect(run()).rejects.toThrow('Migration 1_first failed: division by zero');
    expect(await query(`select tablename from pg_tables where schemaname = 'things' and tablename = 't'`)).toEqual([]);
    write('1_first', 'create table t (a int)');
    expect(await run()).toEqual(['1_first']);
  });

  it('that wait for a lock let other statements pass, and are tried again', async () => {
    write('1_first', 'create table t (a int)');
    await run();
    write('2_second', 'alter table t add column b int');
    const holder = new pg.Client({ connectionString: url });
    await holder.connect();
    await holder.query('begin; select from things.t');
    const migrating = run();
    await eventually('the migration waits', async () => {
      return (await query(`select from pg_locks where not granted and relation = 'things.t'::regclass`)).length > 0;
    });
    // It would wait for as long as the migration does, and that for the transaction that is still open.
    expect(await query('select a from things.t')).toEqual([]);
    await holder.query('commit');
    await holder.end();
    expect(await migrating).toEqual(['2_second']);
  });

  it('are refused if they were edited after they had been applied', async () => {
    write('1_first', 'create table t (a int)');
    await run();
    write('1_first', 'create table t (a bigint)');
    await expect(run()).rejects.toThrow('Migration 1_first was edited');
  });

  it('are completed after a crash if they cannot run in a transaction', async () => {
    write('1_first', 'create table t (a int)');
    await run();
    const sql = `-- A comment.
      drop index concurrently if exists t_a;
      create index concurrently t_a
        on t (a);
    `;
    write('2_index', sql);
    const checksum = createHash('sha256').update(sql).digest('hex');
    await query(
      `insert into things._prisma_migrations (id, checksum, migration_name) values ('x', '${checksum}', '2_index')`,
    );
    expect(await run()).toEqual(['2_index']);
    expect(await run()).toEqual([]);
  });
});
