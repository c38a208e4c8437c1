import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { testDatabase, type TestDatabase } from '../../../test/support/database.js';
import type { Database } from './database.js';
import { isTransient, isUniqueViolation } from './errors.js';

describe('The unit of work', () => {
  let test: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    test = await testDatabase('posts');
    ({ database } = test);
    await database.query('create table t (n int primary key)');
  });

  afterAll(async () => {
    await test.close();
  });

  beforeEach(async () => {
    await database.query('truncate t');
  });

  const insert = (n: number) => database.query('insert into t values ($1)', [n]);
  const all = async () => (await database.query<{ n: number }>('select n from t order by n')).map((row) => row.n);

  it('commits what runs in it as one, and is joined from inside', async () => {
    await database.transaction(async () => {
      await insert(1);
      await database.transaction(() => insert(2));
    });
    expect(await all()).toEqual([1, 2]);
  });

  it('rolls back all of it, also what a joined part did', async () => {
    const work = database.transaction(async () => {
      await database.transaction(() => insert(1));
      throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    expect(await all()).toEqual([]);
  });

  it('is not shared with what runs beside it', async () => {
    await Promise.all([
      database
        .transaction(async () => {
          await insert(1);
          throw new Error('no');
        })
        .catch(() => undefined),
      database.transaction(() => insert(2)),
      insert(3),
    ]);
    expect(await all()).toEqual([2, 3]);
  });

  it('calls hooks after its commit, and not after a rollback', async () => {
    const called: string[] = [];
    await database.transaction(async () => {
      database.afterCommit(() => called.push('committed'));
      await insert(1);
      expect(called).toEqual([]);
    });
    await database
      .transaction(() => {
        database.afterCommit(() => called.push('rolled back'));
        return Promise.reject(new Error('no'));
      })
      .catch(() => undefined);
    expect(called).toEqual(['committed']);
  });

  it('fails, and nothing else does, when its connection breaks between two statements', async () => {
    const work = database.transaction(async () => {
      await insert(1);
      const [own] = await database.query<{ pid: number }>('select pg_backend_pid() as pid');
      await test.database.pool.query('select pg_terminate_backend($1)', [own?.pid]);
      await new Promise((done) => setImmediate(done));
      await insert(2);
    });
    const error: unknown = await work.catch((caught: unknown) => caught);
    expect(isTransient(error)).toBe(true);
    expect(await all()).toEqual([]);
  });

  it('tells the moment from the statement', async () => {
    await insert(1);
    const error: unknown = await insert(1).catch((caught: unknown) => caught);
    expect([
      isUniqueViolation(error),
      isUniqueViolation(error, 't_pkey'),
      isUniqueViolation(error, 'other'),
      isTransient(error),
    ]).toEqual([true, true, false, false]);
    const refused = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
    expect([
      isTransient(refused),
      isTransient(new AggregateError([refused])),
      isTransient(new Error('x', { cause: refused })),
    ]).toEqual([true, true, true]);
    expect(isTransient('text')).toBe(false);
  });
});
