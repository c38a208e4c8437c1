import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { SpanContext } from '@opentelemetry/api';
import { Database } from '#database';
import { currentCause } from '#events';
import { cacheReads, invalidations } from './cache-metrics.js';
import { CacheStore } from './cache-store.js';
import { Epochs } from './epochs.js';
import { loaderSpan, recordWaitForLoad, traceWaitForLoad } from './load-spans.js';
import { CACHE_SETTINGS, type CacheSettings } from './settings.js';

/** TTL of a missing value, which may exist soon. */
const NEGATIVE_MS = 60_000;
/** Random share of the TTL, so that entries stored together do not expire together. */
const JITTER = 0.2;
/** How often, and how long, a reader polls for the entry that another process is loading, before it loads it itself. */
const POLL_MS = 10;
const LONGEST_WAIT_MS = 1_000;

/** A load that readers of the same key wait for. */
interface Load {
  readonly value: Promise<unknown>;
  readonly loader: SpanContext | undefined;
}

/**
 * One service's cache, with keys in its own namespace. Guarantees: after `invalidate` has resolved, no process returns
 * an entry made from older data; of concurrent readers of the same key, one reads the database.
 */
@Injectable()
export class Cache {
  private readonly inFlight = new Map<string, Load>();

  constructor(
    private readonly database: Database,
    private readonly store: CacheStore,
    private readonly epochs: Epochs,
    @Inject(CACHE_SETTINGS) private readonly settings: CacheSettings,
  ) {
    const { service } = database;
    for (const result of ['hit', 'miss', 'shared', 'off']) cacheReads.add({ service, result }, 0);
    invalidations.add({ service }, 0);
  }

  /**
   * The cached value of `key`, or else the result of `load`, which is stored: undefined too, for a shorter time. Inside
   * a unit of work, which may see uncommitted changes, the cache is bypassed. A request that has waited for the effects
   * of a write reads the database: the effects are visible shortly before the entries that they make stale are removed,
   * in this process or another. The value is shared: do not change it. It is kept for CACHE_TTL, but at most `longest` ms.
   */
  async read<T>(key: string, load: () => Promise<T | undefined>, longest = Infinity): Promise<T | undefined> {
    const { current: epoch } = this.epochs;
    if (epoch === undefined || this.isBypassed) {
      this.count('off');
      return load();
    }
    const name = this.nameOf(epoch, key);
    const until = performance.now() + LONGEST_WAIT_MS;
    let waitingSince: number | undefined;
    for (;;) {
      const found = await this.store.find(name);
      if ('value' in found) {
        recordWaitForLoad(waitingSince);
        this.count('hit');
        return found.value as T | undefined;
      }
      // A load that began before a change has another version: readers after the change do not wait for it.
      const pending = this.inFlight.get(`${name} ${found.version}`);
      if (pending) {
        this.count('shared');
        return traceWaitForLoad(pending.value as Promise<T | undefined>, pending.loader);
      }
      if (!found.claimed) {
        this.count('miss');
        return this.startLoad(name, found.version, load, longest);
      }
      if (performance.now() > until) {
        recordWaitForLoad(waitingSince);
        this.count('miss');
        return load();
      }
      waitingSince ??= Date.now();
      await delay(POLL_MS);
    }
  }

  /** The cached value of `key`, if there is one that `read` would return. Never loads anything. Not counted as a read. */
  async peek<T>(key: string): Promise<T | undefined> {
    const { current: epoch } = this.epochs;
    if (epoch === undefined || this.isBypassed) return undefined;
    const found = await this.store.peek(this.nameOf(epoch, key));
    return found?.value as T | undefined;
  }

  /** Counts what was answered from `peek` as one read. */
  countAnswered(): void {
    this.count('hit');
  }

  /**
   * Invalidates the entries of `keys`. Call it after the change: it takes effect once the current unit of work, if any,
   * has committed, and before its `transaction` returns.
   */
  async invalidate(...keys: readonly string[]): Promise<void> {
    await this.removeAfterCommit((epoch) => {
      invalidations.add({ service: this.database.service }, keys.length);
      return this.store.tombstone(keys.map((key) => this.nameOf(epoch, key)));
    });
  }

  /** Invalidates all entries of this service. */
  async invalidateAll(): Promise<void> {
    await this.removeAfterCommit((epoch) => this.store.clear(this.nameOf(epoch, '')));
  }

  /** If entries cannot be removed, their whole epoch is invalidated. */
  private async removeAfterCommit(remove: (epoch: number) => Promise<void>): Promise<void> {
    if (this.settings.CACHE_TTL === 0) return;
    await this.database.afterCommit(async () => {
      const epoch = await this.epochs.confirmed();
      if (epoch !== undefined) await remove(epoch).catch(() => this.epochs.invalidateGeneration());
    });
  }

  private get isBypassed(): boolean {
    return this.settings.CACHE_TTL === 0 || this.database.inTransaction || currentCause()?.hasWaited === true;
  }

  private startLoad<T>(
    name: string,
    version: string,
    load: () => Promise<T | undefined>,
    longest: number,
  ): Promise<T | undefined> {
    const key = `${name} ${version}`;
    const started = this.loadAndStore(name, version, load, longest).finally(() => this.inFlight.delete(key));
    this.inFlight.set(key, { value: started, loader: loaderSpan() });
    return started;
  }

  private async loadAndStore<T>(
    name: string,
    version: string,
    load: () => Promise<T | undefined>,
    longest: number,
  ): Promise<T | undefined> {
    try {
      const value = await load();
      await this.store.set(name, version, value, Math.min(longest, value === undefined ? NEGATIVE_MS : this.ttl()));
      return value;
    } catch (error) {
      // Readers that poll for this entry need not wait any longer.
      await this.store.tombstone([name]).catch(() => undefined);
      throw error;
    }
  }

  private count(result: 'hit' | 'miss' | 'shared' | 'off'): void {
    cacheReads.add({ service: this.database.service, result });
  }

  private ttl(): number {
    return Math.round(this.settings.CACHE_TTL * 1_000 * (1 - JITTER * Math.random()));
  }

  private nameOf(epoch: number, key: string): string {
    return `${this.database.service}:${epoch}:${key}`;
  }
}
