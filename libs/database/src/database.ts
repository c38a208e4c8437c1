import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable } from '@nestjs/common';
import pg from 'pg';
import type { Statement } from './sql/statements.js';
import { isConnectionLost, trackErrors, TransactionRolledBack } from './errors.js';

interface UnitOfWork {
  readonly database: Database;
  readonly client: pg.PoolClient;
  readonly afterCommit: (() => unknown)[];
  /** The first error of a statement or joined part. If it is set, the unit can only be rolled back. */
  failure?: { readonly error: unknown };
  /** Set before COMMIT or ROLLBACK is sent: nothing may run on its connection afterwards. */
  ended: boolean;
}

const current = new AsyncLocalStorage<UnitOfWork>();

/**
 * One service's database. Only this class opens its units of work.
 *
 * Guarantees: all statements that `query` runs inside `transaction` use one connection and commit or roll back as one;
 * outside, `query` runs one statement on the pool. No client is passed as a parameter: a repository, the outbox and the
 * inbox join the unit of work that their caller has opened.
 */
@Injectable()
export class Database {
  constructor(
    readonly service: string,
    readonly pool: pg.Pool,
    /** A small pool whose statements time out after one second. */
    private readonly bounded = pool,
    /** One connection, used only by `answers`: slow searches do not make a process unready. */
    private readonly probe = pool,
  ) {}

  /**
   * Runs one statement in the current unit of work, or on the pool if there is none. Returns its rows. Throws if the
   * caller's unit of work has already ended, which means that the caller was not awaited.
   */
  async query<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.run<Row>({ text, values, prepared: !HAS_ROW_LIMIT.test(text) });
  }

  /** As `query`, for a statement that the query builder has written. */
  async run<Row>({ text, values, prepared }: Statement<Row>): Promise<Row[]> {
    const unit = this.openUnit;
    const statement = { name: prepared ? nameOf(text) : undefined, text, values: values as unknown[] };
    const run = () => trackErrors(() => (unit?.client ?? this.pool).query<Row & object>(statement), unit?.client);
    return (await (unit ? join(unit, run) : run())).rows;
  }

  /**
   * As `query`, outside any unit of work, for reads whose cost depends on the client's input, such as a search. They
   * use a small separate pool, so that they cannot exhaust the main one, and time out after one second (`isTimeout`).
   */
  async queryBounded<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await trackErrors(() => this.bounded.query<Row>({ text, values: values as unknown[] }))).rows;
  }

  /** As `queryBounded`, for a statement that the query builder has written. */
  async runBounded<Row>({ text, values }: Statement<Row>): Promise<Row[]> {
    return this.queryBounded<Row & object>(text, values);
  }

  /** Whether the server responds, checked on a connection that requests do not use. */
  async answers(): Promise<boolean> {
    return this.probe.query('select 1').then(
      () => true,
      () => false,
    );
  }

  /**
   * Runs `work` in a transaction (read committed); joins the current one if there is one. A throw rolls everything back,
   * and so does a statement or a joined part that failed, even if its error was caught: then it throws
   * TransactionRolledBack. Returns only after the commit.
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
   * Runs `hook` after the current unit of work has committed, before `transaction` returns to the caller that opened
   * it; at once if there is no unit of work. Not run after a rollback. Must not throw: the commit cannot be undone.
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
    const client = await trackErrors(() => this.pool.connect());
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

/** A failed part rolls back the whole unit: otherwise, if its error is caught, an incomplete change would commit. */
async function join<T>(unit: UnitOfWork, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    unit.failure ??= { error };
    throw error;
  }
}

/** If a statement failed, Postgres answers COMMIT with the command tag ROLLBACK and without an error. */
async function commit(unit: UnitOfWork): Promise<void> {
  unit.ended = true;
  if (unit.failure) throw new TransactionRolledBack(unit.failure.error);
  const command = await control(unit.client, 'commit');
  if (command !== 'COMMIT') throw new TransactionRolledBack();
}

async function control(client: pg.PoolClient, text: 'begin' | 'commit'): Promise<string> {
  return (await trackErrors(() => client.query(text), client)).command;
}

/** Limit of named statements, far more than the code has; each uses memory in every connection. */
const MAX_NAMES = 500;
const names = new Map<string, string>();

/** A text with a literal row limit, such as `limit 10`, is not prepared: there would be too many of them. */
const HAS_ROW_LIMIT = /limit \d/;

/** The name of a statement, the same in all connections: Postgres parses a named statement once per connection. */
function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= MAX_NAMES) return known;
  const name = `s${names.size}`;
  names.set(text, name);
  return name;
}

/** Returns the error if the rollback fails: such a connection is destroyed, not returned to the pool. */
async function rollback(client: pg.PoolClient): Promise<Error | undefined> {
  try {
    await client.query('rollback');
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
