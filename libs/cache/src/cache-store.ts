/**
 * The result of a lookup: the cached value, or the version of the key if there is none. `claimed` means that another
 * reader, possibly in another process, was given this version before and may be loading the value.
 */
export type Found = { readonly value: unknown } | { readonly version: string; readonly claimed: boolean };

/**
 * Stores cache entries. Each key has a version that the store itself assigns; every tombstone changes it. A reader that
 * finds no entry gets the version and can set an entry only while the version is unchanged. So a value that was read
 * before a change can never be set after it, whatever is delayed. A set for a key that has been evicted is refused.
 */
export abstract class CacheStore {
  /** Whether other processes use the same store. */
  abstract readonly shared: boolean;

  /** Whether the store responds. Readiness does not depend on it. */
  get answers(): boolean {
    return true;
  }

  /** Never rejects: an unavailable store reports no entry, and refuses the set that follows. */
  abstract find(key: string): Promise<Found>;

  /** As `find`, but only looks: nobody takes the caller for one that loads the value. */
  abstract peek(key: string): Promise<{ readonly value: unknown } | undefined>;

  /** Stores an entry (any JSON value, or undefined) for `ttl` milliseconds. False if the key has another version. */
  abstract set(key: string, version: string, value: unknown, ttl: number): Promise<boolean>;

  /** Removes entries and refuses those that are being loaded. Throws if it is unknown whether this succeeded. */
  abstract tombstone(keys: readonly string[]): Promise<void>;

  /** As `tombstone`, for every key with this prefix. */
  abstract clear(prefix: string): Promise<void>;
}
