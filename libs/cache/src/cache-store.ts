/**
 * What a reader finds: a copy; or that there is none, at this version. `taken` says that somebody, perhaps in another
 * process, has been told the same before, and may be making the copy.
 */
export type Found = { readonly value: unknown } | { readonly version: string; readonly taken: boolean };

/**
 * Where copies are kept. A key has a version, which the store itself gives: every tombstone changes it. A reader that finds
 * nothing is told the version, and may set a copy only as long as it is still that one. So a copy that was read before a
 * change can never be set after it, whatever was delayed, and a store that forgets a key refuses rather than errs.
 */
export abstract class CacheStore {
  /** Whether other processes use it too. */
  abstract readonly shared: boolean;

  /** Whether it answers; a store that does not is no reason not to be ready. */
  get answers(): boolean {
    return true;
  }

  /** Never fails: a store that is away has no copy, and refuses the one that is made. */
  abstract find(key: string): Promise<Found>;

  /** Keeps a copy (anything that JSON can say, or undefined) for `ttl` milliseconds. False if the key has moved on. */
  abstract set(key: string, version: string, value: unknown, ttl: number): Promise<boolean>;

  /** Removes copies and refuses those that are being made. Throws if it cannot be known whether that was done. */
  abstract tombstone(keys: readonly string[]): Promise<void>;

  /** The same for every key that begins like this. */
  abstract clear(prefix: string): Promise<void>;
}
