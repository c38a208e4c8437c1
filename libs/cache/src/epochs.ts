import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Database } from '#database';
import { CacheStore } from './cache-store.js';

/** How long a process may believe that an epoch lasts, and how often it asks. */
const LEASE_MS = 1_000;
const RENEW_MS = 250;
/** How long a cache stays off at least: longer than any lease. */
const OFF_MS = 5_000;
const BACKOFF_MS = 250;

interface State {
  readonly epoch: number;
  /** Milliseconds since it was switched off; null while it is on. */
  readonly off: number | null;
}

const OFF = `extract(epoch from clock_timestamp() - off_since)::float8 * 1000`;

/**
 * Keeps a cache that several processes share from showing what is older than an acknowledged change, even if the change
 * could not reach it. The copies of a service belong to an epoch, and which one is written in its database. Each
 * process asks for it all the time, and believes the answer for LEASE_MS. A writer that cannot remove a copy begins a
 * new epoch, switched off, and waits until every belief in the old one has ended, before it answers. The cache is
 * switched on again by a process that reaches it, once every belief in an earlier epoch must have ended.
 *
 * A cache of this process alone has one epoch for ever, and the database is not asked.
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
  ) {}

  /** The epoch whose copies may be used at this moment; undefined if none. */
  get current(): number | undefined {
    if (!this.store.shared) return 0;
    return performance.now() < this.validUntil ? this.epoch : undefined;
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.store.shared) return;
    await this.renew();
    this.timer = setInterval(() => void this.renew(), RENEW_MS).unref();
  }

  /** After the last request, which may have changed something. */
  onApplicationShutdown(): void {
    this.ended = true;
    clearInterval(this.timer);
  }

  /**
   * The epoch whose copies a writer must remove, after its change: the current one, as the database knows it. Undefined if
   * there is none; then nobody, in whatever process, uses a copy that is there now. Waits for the database if it must.
   */
  async confirmed(): Promise<number | undefined> {
    const { current } = this;
    if (current !== undefined) return current;
    const { epoch, off } = await this.insist(() => this.ask());
    if (off === null) return epoch;
    await waitOut(off);
    return undefined;
  }

  /** Resolves when nobody, in whatever process, will use a copy that is there now. Waits for the database if it must. */
  async invalidateGeneration(): Promise<void> {
    this.validUntil = 0;
    const { off } = await this.insist(() => this.switchOff());
    await waitOut(off ?? 0);
  }

  private async insist<T>(work: () => Promise<T>): Promise<T> {
    while (!this.ended) {
      try {
        return await work();
      } catch (error) {
        this.logger.warn(`${this.database.service}: it is not known who uses the cache: ${(error as Error).message}`);
        await delay(BACKOFF_MS);
      }
    }
    throw new Error('The process ends before it is known that no old copy is used any more.');
  }

  private async switchOff(): Promise<State> {
    const [state] = await this.database.query<State>(
      `update cache_epoch set off_since = coalesce(off_since, clock_timestamp()),
         epoch = epoch + case when off_since is null then 1 else 0 end
       returning epoch, ${OFF} as off`,
    );
    if (!state) throw new Error('There is no epoch.');
    if (state.off !== null && state.off < 100) {
      this.logger.warn(`${this.database.service}: the cache could not be reached by a change, and is off for a while`);
    }
    return state;
  }

  private async renew(): Promise<void> {
    if (this.renewing) return;
    this.renewing = true;
    try {
      const { off } = await this.ask();
      if (off !== null && off > OFF_MS && this.store.answers) await this.switchOn();
    } catch {
      // The belief ends by itself; whoever needs the database reports that it is away.
    } finally {
      this.renewing = false;
    }
  }

  /** The answer is believed from the moment of the question on. */
  private async ask(): Promise<State> {
    const asked = performance.now();
    const [state] = await this.database.query<State>(`select epoch, ${OFF} as off from cache_epoch`);
    if (!state) throw new Error('There is no epoch.');
    if (state.off === null) {
      this.epoch = state.epoch;
      this.validUntil = asked + LEASE_MS;
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

/** Until every belief in an earlier epoch has ended. */
async function waitOut(off: number): Promise<void> {
  if (off < LEASE_MS) await delay(LEASE_MS - off);
}
