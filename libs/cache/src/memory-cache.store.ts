import { LRUCache } from 'lru-cache';
import { CacheStore, type Found } from './cache-store.js';

interface Entry {
  readonly version: string;
  /** Absent in a tombstone. */
  readonly content?: { readonly value: unknown };
}

/** Longer than any load may take; a later set is refused because the tombstone has expired. */
const TOMBSTONE_MS = 120_000;
/** What an entry takes besides its value: the key, the bookkeeping of the cache, the objects around it. Measured. */
const ENTRY_SIZE = 1_200;

/** Stores cache entries in this process; evicts the least recently used. `size` is in bytes, approximately. */
export class MemoryCacheStore extends CacheStore {
  readonly shared = false;
  private readonly entries: LRUCache<string, Entry>;
  /** The last version. Numbers are never reused, so that an evicted key does not get an old version again. */
  private clock = 0;

  /** `now` in milliseconds. */
  constructor(size: number, now = () => performance.now()) {
    super();
    this.entries = new LRUCache({ maxSize: size, sizeCalculation: sizeOf, ttlResolution: 0, perf: { now } });
  }

  find(key: string): Promise<Found> {
    const { version, content } = this.entries.get(key) ?? this.addTombstone(key);
    return Promise.resolve(content ?? { version, claimed: false });
  }

  peek(key: string): Promise<{ readonly value: unknown } | undefined> {
    return Promise.resolve(this.entries.get(key)?.content);
  }

  set(key: string, version: string, value: unknown, ttl: number): Promise<boolean> {
    if (this.entries.peek(key)?.version !== version) return Promise.resolve(false);
    this.entries.set(key, { version, content: { value } }, { ttl });
    return Promise.resolve(true);
  }

  tombstone(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.addTombstone(key);
    return Promise.resolve();
  }

  clear(prefix: string): Promise<void> {
    const keys = Array.from(this.entries.keys());
    for (const key of keys) if (key.startsWith(prefix)) this.entries.delete(key);
    return Promise.resolve();
  }

  private addTombstone(key: string): Entry {
    const entry = { version: String(++this.clock) };
    this.entries.set(key, entry, { ttl: TOMBSTONE_MS });
    return entry;
  }
}

function sizeOf({ content }: Entry): number {
  return ENTRY_SIZE + (content ? (JSON.stringify(content.value)?.length ?? 0) : 0);
}
