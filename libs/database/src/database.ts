import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable } from '@nestjs/common';
import pg from 'pg';
import type { Statement } from './sql/statements.js';
import { isConnectionLost, noting, TransactionRolledBack } from './errors.js';

interface UnitOfWork {
  readonly database: Database;
  readonly client: pg.PoolClient;
  readonly afterCommit: (() => unknown)[];
  /** The first failure inside. A unit that has one can only be rolled back. */
  failure?: { readonly error: unknown };
  /** Set before COMMIT or ROLLBACK is sent: nothing may run on its connection afterwards. */
  ended: boolean;
}

const current = new AsyncLocalStorage<UnitOfWork>();

/**
 * One service's database, and the only owner of its unit of work.
 *
 * Guarantees: whatever runs inside `transaction` and asks `query` runs on one connection and commits or rolls back as
 * one; outside, `query` is one statement on the pool. Nobody passes a client around, so a repository, the outbox and the
 * inbox join whatever unit of work their caller has opened.
 */
@Injectable()
export class Database {
  constructor(
    readonly service: string,
    readonly pool: pg.Pool,
    /** Few connections on which no statement may take longer than a second. */
    private readonly bounded = pool,
    /** One connection that only `answers` uses: a search that is slow does not make a process unready. */
    private readonly probe = pool,
  ) {}

  /**
   * Runs one statement in the current unit of work, or else on the pool. Returns its rows. Throws if the unit of work
   * that the caller was started in has ended: the caller was not awaited.
   */
  async query<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const unit = this.openUnit;
    const statement = { name: nameOf(text), text, values: values as unknown[] };
    const run = () => noting(() => (unit?.client ?? this.pool).query<Row>(statement), unit?.client);
    return (await (unit ? join(unit, run) : run())).rows;
  }

  /**
   * As `query`, outside any unit of work, for reads whose cost depends on what a client asks for: a search. They have a few
   * connections of their own, so that they never keep the others from theirs, and a second each (`isTimeout` after it).
   */
  async queryBounded<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await noting(() => this.bounded.query<Row>({ text, values: values as unknown[] }))).rows;
  }

  /** As `query`, for a statement that the query builder has written. */
  async run<Row>({ text, values }: Statement<Row>): Promise<Row[]> {
    return this.query<Row & object>(text, values);
  }

  /** As `queryBounded`, for a statement that the query builder has written. */
  async runBounded<Row>({ text, values }: Statement<Row>): Promise<Row[]> {
    return this.queryBounded<Row & object>(text, values);
  }

  /** Whether the server answers, on a connection that requests do not use. */
  async answers(): Promise<boolean> {
    return this.probe.query('select 1').then(
      () => true,
      () => false,
    );
  }

  /**
   * Runs `work` in a transaction (read committed); joins the current one if there is one. A throw rolls everything back,
   * and so does a statement or a joined part that failed, even if its error was caught: then it throws
   * TransactionRolledBack. Returns only what has been committed.
   */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    const unit = this.openUnit;
    if (unit) return join(unit, work);
    const afterCommit: (() => unknown)[] = [];
    const result = await this.inNewTransaction(work, afterCommit);
    await Promise.all(afterCommit.map((hook) => hook()));
    return result;
  }

  /**
   * Runs `hook` once the current unit of work has committed, before `transaction` returns to the caller that opened it; now
   * if there is none. Not after a rollback. Must not throw: what has committed has happened.
   */
  async afterCommit(hook: () => void | Promise<void>): Promise<void> {
    const unit = this.openUnit;
    if (unit) unit.afterCommit.push(hook);
    else await hook();
  }

  /** Whether the caller is inside a unit of work of this database. */
  get inTransaction(): boolean {
    return this.openUnit !== undefined;
  }

  private async inNewTransaction<T>(work: () => Promise<T>, afterCommit: (() => unknown)[]): Promise<T> {
    const client = await noting(() => this.pool.connect());
    const unit: UnitOfWork = { database: this, client, afterCommit, ended: false };
    let broken: Error | undefined;
    try {
      await control(client, 'begin');
      const result = await current.run(unit, work);
      await commit(unit);
      return result;
    } catch (error) {
      unit.ended = true;
      broken = isConnectionLost(error) ? error : await rollback(client);
      throw error;
    } finally {
      client.release(broken);
    }
  }

  private get openUnit(): UnitOfWork | undefined {
    const unit = current.getStore();
    if (unit?.database !== this) return undefined;
    if (unit.ended) throw new Error('This unit of work has ended: something inside it was not awaited.');
    return unit;
  }
}

/** A part that fails takes the whole unit with it: half of it would be left otherwise if its error is caught. */
async function join<T>(unit: UnitOfWork, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    unit.failure ??= { error };
    throw error;
  }
}

/** Postgres answers the COMMIT of a transaction in which a statement failed with ROLLBACK, and with no error. */
async function commit(unit: UnitOfWork): Promise<void> {
  unit.ended = true;
  if (unit.failure) throw new TransactionRolledBack(unit.failure.error);
  const command = await control(unit.client, 'commit');
  if (command !== 'COMMIT') throw new TransactionRolledBack();
}

async function control(client: pg.PoolClient, text: 'begin' | 'commit'): Promise<string> {
  return (await noting(() => client.query(text), client)).command;
}

/** Far more than the code has; each costs memory in every connection. */
const MOST_NAMES = 500;
const names = new Map<string, string>();

/**
 * Postgres parses a named statement once per connection. The same text has the same name in all of them. A text with a
 * number of its own, as a list that is asked for ten rows, has no name: there are too many of them.
 */
function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= MOST_NAMES || /limit \d/.test(text)) return known;
  const name = `s${names.size}`;
  names.set(text, name);
  return name;
}

/** A connection that cannot even roll back is thrown away, not put back into the pool. */
async function rollback(client: pg.PoolClient): Promise<Error | undefined> {
  try {
    await client.query('rollback');
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
