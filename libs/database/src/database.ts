import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate } from 'node:timers';
import { Injectable } from '@nestjs/common';
import pg from 'pg';

interface UnitOfWork {
  readonly database: Database;
  readonly client: pg.PoolClient;
  readonly afterCommit: (() => unknown)[];
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
  ) {}

  /** Runs one statement in the current unit of work, or else on the pool. Returns its rows. */
  async query<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const runner = this.unit?.client ?? this.pool;
    const result = await runner.query<Row>({ name: nameOf(text), text, values: values as unknown[] });
    return result.rows;
  }

  /**
   * Runs `work` in a transaction (read committed); joins the current one if there is one. A throw rolls everything back.
   */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    if (this.unit) return work();
    const afterCommit: (() => unknown)[] = [];
    const result = await this.inNewTransaction(work, afterCommit);
    await Promise.all(afterCommit.map((hook) => hook()));
    return result;
  }

  /** Calls `hook` once the current unit of work has committed; at the next turn of the event loop if there is none. */
  afterCommit(hook: () => void): void {
    if (this.unit) this.unit.afterCommit.push(hook);
    else setImmediate(hook);
  }

  /**
   * Runs `work` once the current unit of work has committed, before whoever opened it goes on; at once if there is none.
   * Must not throw: what has committed has happened.
   */
  async onceCommitted(work: () => Promise<void>): Promise<void> {
    if (this.unit) this.unit.afterCommit.push(work);
    else await work();
  }

  /** Whether the caller is inside a unit of work of this database. */
  get inTransaction(): boolean {
    return this.unit !== undefined;
  }

  private async inNewTransaction<T>(work: () => Promise<T>, afterCommit: (() => unknown)[]): Promise<T> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('begin');
      const result = await current.run({ database: this, client, afterCommit }, work);
      await client.query('commit');
      return result;
    } catch (error) {
      broken = await rollback(client);
      throw error;
    } finally {
      client.release(broken);
    }
  }

  private get unit(): UnitOfWork | undefined {
    const unit = current.getStore();
    return unit?.database === this ? unit : undefined;
  }
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
