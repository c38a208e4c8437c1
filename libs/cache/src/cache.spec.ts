import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { cacheOn, databaseOf } from '../../../test/support/cache.js';
import type { Cache } from './cache.js';
import { CacheStore, type Found } from './cache-store.js';
import { MemoryCacheStore } from './memory-cache.store.js';

const MIB = 1_048_576;

describe('The cache', () => {
  let store: MemoryCacheStore;
  let cache: Cache;
  let reads: number;
  const load = async () => {
    reads++;
    await turn();
    return { text: 'cached' };
  };

  beforeEach(() => {
    store = new MemoryCacheStore(MIB);
    cache = cacheOn(store);
    reads = 0;
  });

  it('loads once, then reads from the cache', async () => {
    expect(await cache.read('a', load)).toEqual({ text: 'cached' });
    expect(await cache.read('a', load)).toEqual({ text: 'cached' });
    expect(reads).toBe(1);
    await cache.invalidate('a');
    await cache.read('a', load);
    expect(reads).toBe(2);
  });

  it('loads once for 1,000 concurrent readers when an entry has expired', async () => {
    let now = 1;
    cache = cacheOn(new MemoryCacheStore(MIB, () => now));
    await cache.read('a', load);
    now += 0.79 * 3_600_000;
    await cache.read('a', load);
    expect(reads).toBe(1);
    now += 0.22 * 3_600_000;
    await Promise.all(Array.from({ length: 1_000 }, () => cache.read('a', load)));
    expect(reads).toBe(2);
  });

  it('caches that there is no value', async () => {
    const nothing = () => Promise.resolve(void reads++);
    for (let n = 0; n < 3; n++) expect(await cache.read('none', nothing)).toBeUndefined();
    expect(reads).toBe(1);
    await cache.invalidate('none');
    expect(await cache.read('none', load)).toEqual({ text: 'cached' });
  });

  it('does not cache failures', async () => {
    const failing = () => Promise.reject(new Error('unavailable'));
    await expect(cache.read('a', failing)).rejects.toThrow('unavailable');
    expect(await cache.read('a', load)).toEqual({ text: 'cached' });
  });

  it('is looked into without loading, and without keeping others from loading', async () => {
    expect(await cache.peek('a')).toBeUndefined();
    await cache.read('a', load);
    expect(await cache.peek('a')).toEqual({ text: 'cached' });
    await cache.invalidate('a');
    expect([await cache.peek('a'), reads]).toEqual([undefined, 1]);
    const bypassing = cacheOn(store, databaseOf('posts', true));
    await cache.read('a', load);
    expect(await bypassing.peek('a')).toBeUndefined();
    expect(await cacheOn(store, databaseOf('posts'), { CACHE_TTL: 0 }).peek('a')).toBeUndefined();
  });

  it('keeps namespaces apart', async () => {
    const other = cacheOn(store, databaseOf('users'));
    await cache.read('a', load);
    await other.read('a', () => Promise.resolve('other'));
    await other.invalidateAll();
    expect([await cache.read('a', load), reads]).toEqual([{ text: 'cached' }, 1]);
    expect(await other.read('a', () => Promise.resolve('new'))).toBe('new');
  });

  it('is bypassed inside a unit of work and when CACHE_TTL is 0', async () => {
    for (const each of [
      cacheOn(store, databaseOf('posts', true)),
      cacheOn(store, databaseOf('posts'), { CACHE_TTL: 0 }),
    ]) {
      await each.read('a', load);
      await each.read('a', load);
    }
    expect(reads).toBe(4);
  });

  it('refuses a value that was read before a change, however late it is set', async () => {
    const found = await store.find('posts:0:a');
    const version = 'version' in found ? found.version : '';
    await cache.invalidate('a');
    expect(await store.set('posts:0:a', version, 'old', 1_000)).toBe(false);
    await cache.invalidateAll();
    expect(await store.set('posts:0:a', version, 'old', 1_000)).toBe(false);
    const again = await store.find('posts:0:a');
    expect(await store.set('posts:0:a', 'version' in again ? again.version : '', 'new', 1_000)).toBe(true);
    expect(await store.find('posts:0:a')).toEqual({ value: 'new' });
  });

  it('does not let readers after a change join a load that began before it', async () => {
    let release = () => {};
    const slow = cache.read('a', () => new Promise<string>((done) => (release = () => done('old'))));
    await turn();
    await cache.invalidate('a');
    expect(await cache.read('a', () => Promise.resolve('new'))).toBe('new');
    release();
    expect(await slow).toBe('old');
    expect(await cache.read('a', load)).toBe('new');
  });

  it('does not exceed its size', async () => {
    const small = new MemoryCacheStore(10_000);
    const filled = cacheOn(small);
    for (let n = 0; n < 100; n++) await filled.read(`k${n}`, () => Promise.resolve('x'.repeat(1_000)));
    await filled.read('k0', load);
    await filled.read('k99', load);
    expect(reads).toBe(1);
  });
});

describe('The memory of the cache', () => {
  it('is bounded for many small values too, whose keys and bookkeeping take more than they do', async () => {
    const filled = cacheOn(new MemoryCacheStore(MIB));
    for (let n = 0; n < 5_000; n++) await filled.read(`like:${n}`, () => Promise.resolve(true));
    let kept = 0;
    for (let n = 0; n < 5_000; n++) if (await filled.peek(`like:${n}`)) kept++;
    expect(kept).toBeGreaterThan(500);
    expect(kept).toBeLessThan(1_000);
  });

  it('keeps a value no longer than it may be kept', async () => {
    let now = 1;
    const short = cacheOn(new MemoryCacheStore(MIB, () => now));
    await short.read('a', () => Promise.resolve('old'), 60_000);
    now += 59_000;
    expect(await short.peek('a')).toBe('old');
    now += 2_000;
    expect(await short.peek('a')).toBeUndefined();
  });
});

/** A store without versions: it accepts every value, however late it is set. */
class UnversionedStore extends CacheStore {
  readonly shared = false;
  private readonly values = new Map<string, unknown>();

  find(key: string): Promise<Found> {
    return Promise.resolve(this.values.has(key) ? { value: this.values.get(key) } : { version: '', claimed: false });
  }

  peek(key: string): Promise<{ value: unknown } | undefined> {
    return Promise.resolve(this.values.has(key) ? { value: this.values.get(key) } : undefined);
  }

  set(key: string, _version: string, value: unknown): Promise<boolean> {
    this.values.set(key, value);
    return Promise.resolve(true);
  }

  tombstone(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.values.delete(key);
    return Promise.resolve();
  }

  clear(): Promise<void> {
    this.values.clear();
    return Promise.resolve();
  }
}

/** Delays every operation by a pseudo-random number of turns of the event loop. */
class DelayedStore extends CacheStore {
  readonly shared = false;

  constructor(
    private readonly store: CacheStore,
    private readonly pause: () => Promise<void>,
  ) {
    super();
  }

  async find(key: string): Promise<Found> {
    await this.pause();
    return this.store.find(key);
  }

  async peek(key: string): Promise<{ readonly value: unknown } | undefined> {
    await this.pause();
    return this.store.peek(key);
  }

  async set(key: string, version: string, value: unknown, ttl: number): Promise<boolean> {
    await this.pause();
    return this.store.set(key, version, value, ttl);
  }

  async tombstone(keys: readonly string[]): Promise<void> {
    await this.pause();
    await this.store.tombstone(keys);
  }

  async clear(prefix: string): Promise<void> {
    await this.store.clear(prefix);
  }
}

/** 64 clients write and read 10 keys; counts the reads that are older than a write acknowledged before they began. */
async function countStaleReads(
  inner: CacheStore,
  seed: number,
): Promise<{ stale: number; answers: number; hits: number }> {
  let state = seed;
  const random = (below: number) => (state = (state * 48_271) % 2_147_483_647) % below;
  const pause = async () => {
    for (let turns = random(6); turns > 0; turns--) await turn();
  };
  const store = new DelayedStore(inner, pause);
  // Each cache acts as a separate process: only the store is shared, not the loads in flight.
  const caches = Array.from({ length: 4 }, () => cacheOn(store));
  const table = new Map<string, number>();
  const acknowledged = new Map<string, number>();
  const result = { stale: 0, answers: 0, hits: 0 };
  const key = () => `k${random(10)}`;
  const load = async (name: string) => {
    result.hits--;
    await pause();
    const value = table.get(name) ?? 0;
    await pause();
    return value;
  };
  const write = async (cache: Cache) => {
    const name = key();
    const value = (table.get(name) ?? 0) + 1;
    table.set(name, value);
    await pause();
    await cache.invalidate(name);
    acknowledged.set(name, Math.max(value, acknowledged.get(name) ?? 0));
  };
  const read = async (cache: Cache) => {
    const name = key();
    const least = acknowledged.get(name) ?? 0;
    const known = random(2) === 0 ? await cache.peek<number>(name) : undefined;
    const found = known ?? (await cache.read(name, () => load(name))) ?? 0;
    result.answers++;
    result.hits++;
    if (found < least) result.stale++;
  };
  await Promise.all(
    Array.from({ length: 64 }, async (_, client) => {
      const cache = caches[client % caches.length] as Cache;
      for (let n = 0; n < 150; n++) await (random(4) === 0 ? write(cache) : read(cache));
    }),
  );
  return result;
}

describe('The cache with delayed invalidations', () => {
  it.each([1, 2, 3])('never returns a value older than an acknowledged write (seed %i)', async (seed) => {
    const { stale, answers, hits } = await countStaleReads(new MemoryCacheStore(MIB), seed);
    expect([stale, answers > 6_000, hits > 600]).toEqual([0, true, true]);
  });

  it.each([1, 2, 3])('returns stale values if the store has no versions (seed %i)', async (seed) => {
    expect((await countStaleReads(new UnversionedStore(), seed)).stale).toBeGreaterThan(0);
  });
});
