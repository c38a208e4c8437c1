import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { testDatabase, type TestDatabase } from '../../../test/support/database/database.js';
import { eventually } from '../../../test/support/eventually.js';
import type { Database } from './database.js';
import pg from 'pg';
import { isTransient, isUniqueViolation, TransactionRolledBack } from './errors.js';

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

  it('runs statements without compiling them, which would take longer than they do', async () => {
    expect(await database.query('show jit')).toEqual([{ jit: 'off' }]);
  });

  it('commits all its statements together, and a nested transaction joins it', async () => {
    await database.transaction(async () => {
      await insert(1);
      await database.transaction(() => insert(2));
    });
    expect(await all()).toEqual([1, 2]);
  });

  it('rolls back everything, including what a joined part did', async () => {
    const work = database.transaction(async () => {
      await database.transaction(() => insert(1));
      throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    expect(await all()).toEqual([]);
  });

  it('is not shared with concurrent code', async () => {
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
      await database.afterCommit(() => void called.push('committed'));
      await insert(1);
      expect(called).toEqual([]);
    });
    await database
      .transaction(async () => {
        await database.afterCommit(() => void called.push('rolled back'));
        throw new Error('no');
      })
      .catch(() => undefined);
    expect(called).toEqual(['committed']);
  });

  it('calls hooks when its changes are visible to other connections, and waits for them', async () => {
    const seen: number[][] = [];
    await database.transaction(async () => {
      await insert(1);
      await database.afterCommit(async () => {
        const { rows } = await database.pool.query<{ n: number }>('select n from t');
        seen.push(rows.map(({ n }) => n));
      });
    });
    expect(seen).toEqual([[1]]);
  });

  it('reports failure when a statement inside failed and its error was caught', async () => {
    await insert(1);
    const work = database.transaction(async () => {
      await insert(2);
      await insert(1).catch(() => undefined);
    });
    const error: unknown = await work.catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TransactionRolledBack);
    expect(isUniqueViolation((error as Error).cause)).toBe(true);
    expect(await all()).toEqual([1]);
  });

  it('reports failure when Postgres answers COMMIT with ROLLBACK, even if Database did not see the error', async () => {
    const work = database.transaction(async () => {
      await insert(1);
      const [own] = await database.query<{ pid: number }>('select pg_backend_pid() as pid');
      const clients = (
        database.pool as unknown as { _clients: { processID: number; query(text: string): Promise<unknown> }[] }
      )._clients;
      await clients
        .find(({ processID }) => processID === own?.pid)
        ?.query('select 1/0')
        .catch(() => undefined);
    });
    await expect(work).rejects.toThrow(TransactionRolledBack);
    expect(await all()).toEqual([]);
  });

  it('is rolled back as a whole when a joined part fails, even if its error was caught', async () => {
    const called: string[] = [];
    const work = database.transaction(async () => {
      await database.afterCommit(() => void called.push('committed'));
      await insert(1);
      const part = database.transaction(async () => {
        await insert(2);
        throw new Error('no');
      });
      await part.catch(() => undefined);
      await insert(3);
    });
    await expect(work).rejects.toThrow(TransactionRolledBack);
    expect([await all(), called]).toEqual([[], []]);
  });

  it('rejects calls that were not awaited, because another unit of work may hold its connection', async () => {
    const gate = Promise.withResolvers<void>();
    const late: Promise<unknown>[] = [];
    await database.transaction(async () => {
      await insert(1);
      const after = async (work: () => Promise<unknown>) => {
        await gate.promise;
        return work();
      };
      late.push(
        after(() => insert(2)),
        after(() => database.transaction(() => insert(3))),
        after(() => database.afterCommit(async () => undefined)),
      );
    });
    gate.resolve();
    for (const each of await Promise.allSettled(late)) {
      expect(each).toMatchObject({ status: 'rejected', reason: { message: expect.stringMatching(/not awaited/) } });
    }
    expect(await all()).toEqual([1]);
  });

  it('fails alone, with a transient error, when its connection breaks between two statements', async () => {
    const error = await failure(async () => {
      await insert(1);
      await endConnection();
      await insert(2);
    });
    expect(isTransient(error)).toBe(true);
    expect(await all()).toEqual([]);
  });

  /** Terminates the connection of the current unit of work and waits until the client has noticed. */
  const endConnection = async () => {
    const [own] = await database.query<{ pid: number }>('select pg_backend_pid() as pid');
    const lost = new Promise((done) => database.pool.once('error', done));
    await database.pool.query('select pg_terminate_backend($1)', [own?.pid]);
    await Promise.race([lost, new Promise((done) => setImmediate(done))]);
  };

  const failure = (work: () => Promise<unknown>): Promise<unknown> =>
    database.transaction(work).then(
      () => undefined,
      (error: unknown) => error,
    );

  it('distinguishes transient errors from errors of the statement by SQLSTATE', async () => {
    await insert(1);
    const raise = (code: string) => () =>
      database.query(`do $$ begin raise exception using errcode = '${code}'; end $$`);
    const codes = ['08006', '40001', '40P01', '53100', '53200', '53300', '57P01', '25006', '58030', '55P03'];
    for (const code of codes) expect([code, isTransient(await failure(raise(code)))]).toEqual([code, true]);
    for (const code of ['57014', '22001', '42601', 'P0001', '25P03'])
      expect([code, isTransient(await failure(raise(code)))]).toEqual([code, false]);
    const duplicate = await failure(() => insert(1));
    expect([isUniqueViolation(duplicate), isUniqueViolation(duplicate, 't_pkey'), isTransient(duplicate)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('does not treat errors of other connections as transient', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    expect([isTransient(refused), isTransient(new Error('Connection terminated')), isTransient('text')]).toEqual([
      false,
      false,
      false,
    ]);
    const elsewhere = new pg.Client({ connectionString: 'postgresql://127.0.0.1:1/none' });
    const foreign: unknown = await elsewhere.connect().catch((error: unknown) => error);
    expect([isTransient(foreign), isTransient(await failure(() => Promise.reject(foreign as Error)))]).toEqual([
      false,
      false,
    ]);
  });

  it('recognises a transient error as the cause of another, and an unserialisable value as not transient', async () => {
    const own = await failure(async () => {
      await endConnection();
      await insert(2);
    });
    expect([isTransient(new Error('x', { cause: own })), isTransient(new AggregateError([own]))]).toEqual([true, true]);
    const circular: { self?: unknown } = {};
    circular.self = circular;
    expect(isTransient(await failure(() => database.query('select $1::json', [circular])))).toBe(false);
  });

  it('does not treat an idle-in-transaction timeout as transient', async () => {
    const error = await failure(async () => {
      const [own] = await database.query<{ pid: number }>('select pg_backend_pid() as pid');
      await database.query(`set local idle_in_transaction_session_timeout = '10ms'`);
      const alive = 'select 1 from pg_stat_activity where pid = $1';
      await eventually('it was terminated', async () => (await database.pool.query(alive, [own?.pid])).rowCount === 0);
      await insert(1);
    });
    expect([error === undefined, isTransient(error)]).toEqual([false, false]);
  });
});
