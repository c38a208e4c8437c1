import { Inject, Injectable } from '@nestjs/common';
import { Database } from '#database';
import { CacheStore } from './cache-store.js';
import { CACHE_SETTINGS, type CacheSettings } from './settings.js';

/** What is not there may be there soon. */
const NEGATIVE_MS = 60_000;
/** Copies made together do not end together. */
const JITTER = 0.2;

/**
 * One service's cached copies, each under a key of its own namespace. Guarantees: after `forget` has resolved nobody reads
 * a copy made of older data; of readers who ask for the same key at once, one reads the database.
 */
@Injectable()
export class Cache {
  private readonly flights = new Map<string, Promise<unknown>>();

  constructor(
    private readonly database: Database,
    private readonly store: CacheStore,
    @Inject(CACHE_SETTINGS) private readonly settings: CacheSettings,
  ) {}

  /**
   * The copy of `key`, or else what `load` reads, which is kept: undefined too, for a shorter time. Inside a unit of work,
   * which may see what nobody else may see yet, nothing is kept. The copy is shared: do not change it.
   */
  async read<T>(key: string, load: () => Promise<T | undefined>): Promise<T | undefined> {
    if (this.settings.CACHE_TTL === 0 || this.database.inTransaction) return load();
    const name = this.nameOf(key);
    const found = await this.store.find(name);
    if ('value' in found) return found.value as T | undefined;
    // A read that began before a change has another version: whoever comes after the change does not wait for it.
    const flight = `${name} ${found.version}`;
    const started =
      this.flights.get(flight) ?? this.fly(name, found.version, load).finally(() => this.flights.delete(flight));
    this.flights.set(flight, started);
    return started as Promise<T | undefined>;
  }

  /**
   * Says that what was copied has changed. Call it after the change: once the current unit of work has committed, if there
   * is one, and before its answer.
   */
  async forget(...keys: readonly string[]): Promise<void> {
    const names = keys.map((key) => this.nameOf(key));
    await this.database.onceCommitted(() => this.store.tombstone(names));
  }

  /** Forgets everything of this service. */
  async forgetAll(): Promise<void> {
    await this.database.onceCommitted(() => this.store.clear(this.nameOf('')));
  }

  private async fly<T>(name: string, version: string, load: () => Promise<T | undefined>): Promise<T | undefined> {
    const value = await load();
    await this.store.set(name, version, value, value === undefined ? NEGATIVE_MS : this.ttl());
    return value;
  }

  private ttl(): number {
    return this.settings.CACHE_TTL * 1_000 * (1 - JITTER * Math.random());
  }

  private nameOf(key: string): string {
    return `${this.database.service}:${key}`;
  }
}
