import { Cache, MemoryCacheStore } from '#cache';
import type { Database } from '#database';

/** A cache in memory, for code that is tested without a database. */
export function cacheInMemory(service: string): Cache {
  const database = { service, inTransaction: false, afterCommit: (work: () => Promise<void>) => work() };
  const epochs = { current: 0, confirmed: () => Promise.resolve(0) };
  const settings = { CACHE_TTL: 60, CACHE_SIZE: 1, REDIS_NAMESPACE: '' };
  return new Cache(database as unknown as Database, new MemoryCacheStore(1_000_000), epochs as never, settings);
}
