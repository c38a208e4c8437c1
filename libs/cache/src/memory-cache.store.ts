import { LRUCache } from 'lru-cache';
import { CacheStore, type Found } from './cache-store.js';

interface Entry {
  readonly version: string;
  /** Absent in a tombstone. */
  readonly copy?: { readonly value: unknown };
}

/** Longer than any read may take; what is set later is refused because nothing is there. */
const TOMBSTONE_MS = 120_000;
const TOMBSTONE_SIZE = 100;

/** Keeps copies in this process, the least recently used go first. `size` in bytes, roughly. */
export class MemoryCacheStore extends CacheStore {
  readonly shared = false;
  private readonly entries: LRUCache<string, Entry>;
  /** Never gives a number twice, so that a key which was forgotten does not come back to an old version. */
  private clock = 0;

  /** `now` in milliseconds. */
  constructor(size: number, now = () => performance.now()) {
    super();
    this.entries = new LRUCache({ maxSize: size, sizeCalculation: sizeOf, ttlResolution: 0, perf: { now } });
  }

  find(key: string): Promise<Found> {
    const { version, copy } = this.entries.get(key) ?? this.deadLetter(key);
    return Promise.resolve(copy ?? { version, taken: false });
  }

  set(key: string, version: string, value: unknown, ttl: number): Promise<boolean> {
    if (this.entries.peek(key)?.version !== version) return Promise.resolve(false);
    this.entries.set(key, { version, copy: { value } }, { ttl });
    return Promise.resolve(true);
  }

  tombstone(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.deadLetter(key);
    return Promise.resolve();
  }

  clear(prefix: string): Promise<void> {
    const keys = Array.from(this.entries.keys());
    for (const key of keys) if (key.startsWith(prefix)) this.entries.delete(key);
    return Promise.resolve();
  }

  private deadLetter(key: string): Entry {
    const entry = { version: String(++this.clock) };
    this.entries.set(key, entry, { ttl: TOMBSTONE_MS });
    return entry;
  }
}

function sizeOf({ copy }: Entry): number {
  return copy ? TOMBSTONE_SIZE + (JSON.stringify(copy.value)?.length ?? 0) : TOMBSTONE_SIZE;
}
