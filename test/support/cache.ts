import { Cache, type CacheStore, MemoryCacheStore } from '#cache';
import type { Database } from '#database';
import { Epochs } from '../../libs/cache/src/epochs.js';

/** For code that asks a database only for its service, and whether it is in a transaction. */
export const databaseOf = (service: string, inTransaction = false) =>
  ({ service, inTransaction, afterCommit: (work: () => Promise<void>) => work() }) as unknown as Database;

/** The cache of a service, by default in this process's memory, and without a database. */
export function cacheOn(
  store: CacheStore = new MemoryCacheStore(1_048_576),
  database = databaseOf('posts'),
  settings: { readonly CACHE_TTL?: number } = {},
): Cache {
  const all = { CACHE_TTL: 3_600, CACHE_SIZE: 1, REDIS_NAMESPACE: '', ...settings };
  return new Cache(database, store, new Epochs(database, store), all);
}
