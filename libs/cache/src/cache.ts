import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { Database } from '#database';
import { currentCause } from '#events';
import { CacheStore } from './cache-store.js';
import { Epochs } from './epochs.js';
import { CACHE_SETTINGS, type CacheSettings } from './settings.js';

/** What is not there may be there soon. */
const NEGATIVE_MS = 60_000;
/** Copies made together do not end together. */
const JITTER = 0.2;
/** How often, and how long, a reader looks for the copy that another process makes before it reads by itself. */
const FOLLOW_MS = 10;
const LONGEST_FOLLOW_MS = 1_000;

/**
 * One service's cached copies, each under a key of its own namespace. Guarantees: after `invalidate` has resolved nobody reads
 * a copy made of older data, in whatever process; of readers who ask for the same key at once, one reads the database.
 */
@Injectable()
export class Cache {
  private readonly inFlight = new Map<string, Promise<unknown>>();

  constructor(
    private readonly database: Database,
    private readonly store: CacheStore,
    private readonly epochs: Epochs,
    @Inject(CACHE_SETTINGS) private readonly settings: CacheSettings,
  ) {}

  /**
   * The copy of `key`, or else what `load` reads, which is kept: undefined too, for a shorter time. Inside a unit of work,
   * which may see what nobody else may see yet, nothing is kept. A request that has waited for the effects of a write
   * reads the database: the effects are visible a moment before the copies they outdate are gone, in this process or
   * another. The copy is shared: do not change it.
   */
  async read<T>(key: string, load: () => Promise<T | undefined>): Promise<T | undefined> {
    const { current: epoch } = this.epochs;
    const isOff = this.settings.CACHE_TTL === 0 || epoch === undefined;
    if (isOff || this.database.inTransaction || currentCause()?.hasWaited) return load();
    const name = this.nameOf(epoch, key);
    const until = performance.now() + LONGEST_FOLLOW_MS;
    for (;;) {
      const found = await this.store.find(name);
      if ('value' in found) return found.value as T | undefined;
      // A read that began before a change has another version: whoever comes after the change does not wait for it.
      const pending = this.inFlight.get(`${name} ${found.version}`);
      if (pending) return pending as Promise<T | undefined>;
      if (!found.taken) return this.take(name, found.version, load);
      if (performance.now() > until) return load();
      await delay(FOLLOW_MS);
    }
  }

  /**
   * Says that what was copied has changed. Call it after the change: once the current unit of work has committed, if there
   * is one, and before its answer.
   */
  async invalidate(...keys: readonly string[]): Promise<void> {
    await this.after((epoch) => this.store.tombstone(keys.map((key) => this.nameOf(epoch, key))));
  }

  /** Forgets everything of this service. */
  async invalidateAll(): Promise<void> {
    await this.after((epoch) => this.store.clear(this.nameOf(epoch, '')));
  }

  /** Copies that cannot be removed must not be believed any more. */
  private async after(remove: (epoch: number) => Promise<void>): Promise<void> {
    if (this.settings.CACHE_TTL === 0) return;
    await this.database.afterCommit(async () => {
      const epoch = await this.epochs.confirmed();
      if (epoch !== undefined) await remove(epoch).catch(() => this.epochs.invalidateGeneration());
    });
  }

  private take<T>(name: string, version: string, load: () => Promise<T | undefined>): Promise<T | undefined> {
    const key = `${name} ${version}`;
    const started = this.loadAndStore(name, version, load).finally(() => this.inFlight.delete(key));
    this.inFlight.set(key, started);
    return started;
  }

  private async loadAndStore<T>(
    name: string,
    version: string,
    load: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    try {
      const value = await load();
      await this.store.set(name, version, value, value === undefined ? NEGATIVE_MS : this.ttl());
      return value;
    } catch (error) {
      // Whoever waits for this copy need not wait any longer.
      await this.store.tombstone([name]).catch(() => undefined);
      throw error;
    }
  }

  private ttl(): number {
    return Math.round(this.settings.CACHE_TTL * 1_000 * (1 - JITTER * Math.random()));
  }

  private nameOf(epoch: number, key: string): string {
    return `${this.database.service}:${epoch}:${key}`;
  }
}
