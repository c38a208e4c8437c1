import { Injectable, Logger } from '@nestjs/common';
import { Database } from './database.js';
import type { Pool } from 'pg';
import { createPool } from './pool.js';

/** Connections per service for searches: opened when they are needed, closed when they are not. */
const BOUNDED = 3;

/** Where the databases of this process are: opens one pool per service and closes them all at the end. */
@Injectable()
export class DatabaseServer {
  private readonly logger = new Logger('database');
  private readonly opened = new Map<string, Database>();
  private readonly others: Pool[] = [];
  private closing = false;

  /**
   * `urlOf` gives a service's URL; `poolSize` is the number of connections per service; `application` is who Postgres is
   * told that they belong to.
   */
  constructor(
    private readonly urlOf: (service: string) => string,
    private readonly poolSize: number,
    private readonly application = 'twofold',
  ) {}

  open(service: string): Database {
    const known = this.opened.get(service);
    if (known) return known;
    const onError = (error: Error) => {
      if (!this.closing) this.logger.warn(`${service}: a connection was lost: ${error.message}`);
    };
    const url = this.urlOf(service);
    const pool = createPool(url, service, this.application, this.poolSize, onError);
    const bounded = createPool(url, service, this.application, BOUNDED, onError, '1s');
    const probe = createPool(url, service, this.application, 1, onError, '1s');
    const database = new Database(service, pool, bounded, probe);
    this.others.push(bounded, probe);
    this.opened.set(service, database);
    return database;
  }

  get databases(): readonly Database[] {
    return [...this.opened.values()];
  }

  /** A server that is stopped right after it may end connections before they have ended themselves: no news. */
  async close(): Promise<void> {
    this.closing = true;
    await Promise.all([...this.databases.map(({ pool }) => pool), ...this.others].map((pool) => pool.end()));
  }
}
