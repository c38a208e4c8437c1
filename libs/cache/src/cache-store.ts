/** What a reader finds: a copy, or the right to make one. */
export type Found = { readonly value: unknown } | { readonly version: string };

/**
 * Where copies are kept. A key has a version, which the store itself gives: every tombstone raises it. A reader that finds
 * nothing is told the version, and may set a copy only as long as it is still that one. So a copy that was read before a
 * change can never be set after it, whatever was delayed, and a store that forgets a key refuses rather than errs.
 */
export abstract class CacheStore {
  abstract find(key: string): Promise<Found>;

  /** Keeps a copy (anything that JSON can say, or undefined) for `ttl` milliseconds. False if the key has moved on. */
  abstract set(key: string, version: string, value: unknown, ttl: number): Promise<boolean>;

  /** Removes copies and refuses those that are being made. */
  abstract tombstone(keys: readonly string[]): Promise<void>;

  /** The same for every key that begins like this. */
  abstract clear(prefix: string): Promise<void>;
}
