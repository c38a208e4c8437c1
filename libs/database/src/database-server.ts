import { Injectable, Logger } from '@nestjs/common';
import { Database } from './database.js';
import type { Pool } from 'pg';
import { measurePool } from './telemetry/pool-metrics.js';
import { createPool } from './pool.js';

/** Connections per service for searches: opened on demand, closed when idle. */
const BOUNDED_CONNECTIONS = 3;

/** Opens the connection pools of each service in this process and closes them all at shutdown. */
@Injectable()
export class DatabaseServer {
  private readonly logger = new Logger('database');
  private readonly opened = new Map<string, Database>();
  private readonly others: Pool[] = [];
  private readonly measurements: (() => void)[] = [];
  private closed: Promise<void> | undefined;

  /**
   * `urlOf` returns a service's URL; `poolSize` is the number of connections per service; `application` is the
   * prefix of their `application_name` in Postgres.
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
      if (!this.closed) this.logger.warn(`${service}: a connection was lost: ${error.message}`);
    };
    const url = this.urlOf(service);
    const pool = createPool(url, service, this.application, this.poolSize, onError);
    const bounded = createPool(url, service, this.application, BOUNDED_CONNECTIONS, onError, '1s');
    const probe = createPool(url, service, this.application, 1, onError, '1s');
    const database = new Database(service, pool, bounded, probe);
    this.others.push(bounded, probe);
    this.measurements.push(measurePool(database));
    this.opened.set(service, database);
    return database;
  }

  get databases(): readonly Database[] {
    return [...this.opened.values()];
  }

  /** A server that is stopped right afterwards may end connections before they are closed: this is not logged. */
  close(): Promise<void> {
    this.closed ??= this.end();
    return this.closed;
  }

  private async end(): Promise<void> {
    for (const end of this.measurements) end();
    await Promise.all([...this.databases.map(({ pool }) => pool), ...this.others].map((pool) => pool.end()));
  }
}
