import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Database } from '#database';
import { newEpochs } from './cache-metrics.js';
import { CacheStore } from './cache-store.js';

/** How long a process may use an epoch after reading it (a lease), and how often it renews the lease. */
const LEASE_MS = 1_000;
const RENEW_MS = 400;
/** The minimum time that a cache stays off: longer than any lease. */
const OFF_MS = 5_000;
const BACKOFF_MS = 250;

interface State {
  readonly epoch: number;
  /** Milliseconds since it was switched off; null while it is on. */
  readonly off: number | null;
}

const OFF = `extract(epoch from clock_timestamp() - off_since)::float8 * 1000`;

/**
 * Prevents a cache that several processes share from returning values older than an acknowledged change, even if the
 * change could not reach the cache. The entries of a service belong to an epoch, which is stored in its database. Each
 * process reads it every RENEW_MS, and holds a lease on it for LEASE_MS. A writer that cannot remove an entry starts a
 * new epoch, switched off, and waits until every lease on the old one has expired, before it responds. The cache is
 * switched on again by a process that can reach it, once every lease on an earlier epoch must have expired.
 *
 * An in-memory cache of one process has a single epoch that never changes, and the database is not queried.
 */
@Injectable()
export class Epochs implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('cache');
  private epoch: number | undefined;
  private validUntil = 0;
  private timer: NodeJS.Timeout | undefined;
  private renewing = false;
  private ended = false;

  constructor(
    private readonly database: Database,
    private readonly store: CacheStore,
  ) {
    newEpochs.add({ service: database.service }, 0);
  }

  /** The epoch whose entries may be used now; undefined if there is none. */
  get current(): number | undefined {
    if (!this.store.shared) return 0;
    return performance.now() < this.validUntil ? this.epoch : undefined;
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.store.shared) return;
    await this.renew();
    this.timer = setInterval(() => void this.renew(), RENEW_MS).unref();
  }

  /** Runs after the last request, which may still have to invalidate entries. */
  onApplicationShutdown(): void {
    this.ended = true;
    clearInterval(this.timer);
  }

  /**
   * The epoch whose entries a writer must remove after its change: the current one according to the database. Undefined
   * if the cache is off; then no process uses an entry that exists now. Retries until the database is available.
   */
  async confirmed(): Promise<number | undefined> {
    const { current } = this;
    if (current !== undefined) return current;
    const { epoch, off } = await this.retryUntilShutdown(() => this.readState());
    if (off === null) return epoch;
    await waitForLeases(off);
    return undefined;
  }

  /** Resolves when no process will use an entry that exists now. Retries until the database is available. */
  async invalidateGeneration(): Promise<void> {
    this.validUntil = 0;
    newEpochs.add({ service: this.database.service });
    const { off } = await this.retryUntilShutdown(() => this.switchOff());
    await waitForLeases(off ?? 0);
  }

  private async retryUntilShutdown<T>(work: () => Promise<T>): Promise<T> {
    while (!this.ended) {
      try {
        return await work();
      } catch (error) {
        this.logger.warn(`${this.database.service}: the epoch of the cache is unknown: ${(error as Error).message}`);
        await delay(BACKOFF_MS);
      }
    }
    throw new Error('The process ends before it is known that no stale cache entry is used any more.');
  }

  private async switchOff(): Promise<State> {
    const [state] = await this.database.query<State>(
      `update cache_epoch set off_since = coalesce(off_since, clock_timestamp()),
         epoch = epoch + case when off_since is null then 1 else 0 end
       returning epoch, ${OFF} as off`,
    );
    if (!state) throw new Error('The table cache_epoch is empty.');
    if (state.off !== null && state.off < 100) {
      this.logger.warn(`${this.database.service}: a change could not reach the cache, which is switched off for now`);
    }
    return state;
  }

  private async renew(): Promise<void> {
    if (this.renewing) return;
    this.renewing = true;
    try {
      const { off } = await this.readState();
      if (off !== null && off > OFF_MS && this.store.answers) await this.switchOn();
    } catch {
      // The lease expires by itself; code that needs the database reports that it is unavailable.
    } finally {
      this.renewing = false;
    }
  }

  /** The lease begins when the query is sent, not when its result arrives. */
  private async readState(): Promise<State> {
    const sentAt = performance.now();
    const [state] = await this.database.query<State>(`select epoch, ${OFF} as off from cache_epoch`);
    if (!state) throw new Error('The table cache_epoch is empty.');
    if (state.off === null) {
      this.epoch = state.epoch;
      this.validUntil = sentAt + LEASE_MS;
    }
    return state;
  }

  private async switchOn(): Promise<void> {
    const on = await this.database.query(`update cache_epoch set off_since = null where ${OFF} > $1 returning epoch`, [
      OFF_MS,
    ]);
    if (on.length > 0) this.logger.log(`${this.database.service}: the cache is on again`);
  }
}

/** Resolves when every lease on an earlier epoch has expired. */
async function waitForLeases(off: number): Promise<void> {
  if (off < LEASE_MS) await delay(LEASE_MS - off);
}
