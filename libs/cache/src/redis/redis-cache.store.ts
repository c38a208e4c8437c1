import { randomUUID } from 'node:crypto';
import { CacheStore, type Found } from '../cache-store.js';
import type { RedisConnection } from './redis-connection.js';

/** Lifetime of a claim, longer than a load may take; a later set is refused because the claim has expired. */
const CLAIM_MS = 3_000;
const SCAN = 1_000;

const ENTRY = 'c';
const CLAIM = 't';

/** Stores the entry ARGV[2] for ARGV[3] milliseconds if the key still holds the claim of its reader, ARGV[1]. */
const SET = `
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[2], 'px', ARGV[3])
return 1`;

/**
 * Stores cache entries in Redis, for all processes. A key holds an entry, or the claim of the one reader that loads it:
 * a version that is never reused. A tombstone deletes either, which works even if the server's memory is full; a later
 * set does not find its claim and is refused.
 */
export class RedisCacheStore extends CacheStore {
  readonly shared = true;

  constructor(private readonly redis: RedisConnection) {
    super();
  }

  override get answers(): boolean {
    return this.redis.answers;
  }

  async find(key: string): Promise<Found> {
    try {
      if (this.redis.answers) return await this.findOrClaim(this.nameOf(key));
    } catch {
      // The connection has logged the reason, or the server is full: then what it holds can still be read.
      const known = await this.peek(key);
      if (known) return known;
    }
    // This version is not stored in Redis: no other reader can join the load, and its set is refused.
    return { version: newVersion(), claimed: false };
  }

  async peek(key: string): Promise<{ readonly value: unknown } | undefined> {
    if (!this.redis.answers) return undefined;
    try {
      const known = await this.redis.withTimeout('GET', this.redis.client.get(this.nameOf(key)));
      const found = known === null ? undefined : parseFound(known);
      return found && 'value' in found ? found : undefined;
    } catch {
      return undefined;
    }
  }

  async set(key: string, version: string, value: unknown, ttl: number): Promise<boolean> {
    const encoded = ENTRY + (value === undefined ? '' : JSON.stringify(value));
    const setting = this.redis.client.eval(SET, 1, this.nameOf(key), version, encoded, ttl);
    return this.redis.withTimeout('EVAL', setting).then(
      (done) => done === 1,
      () => false,
    );
  }

  async tombstone(keys: readonly string[]): Promise<void> {
    if (keys.length > 0)
      await this.redis.withTimeout('UNLINK', this.redis.client.unlink(...keys.map((key) => this.nameOf(key))));
  }

  /** A scan returns all keys that exist when it begins; entries that are added later were loaded after the change. */
  async clear(prefix: string): Promise<void> {
    const pattern = `${this.nameOf(prefix).replaceAll(/[[\]*?\\]/g, '\\$&')}*`;
    let cursor = '0';
    do {
      const scan = this.redis.client.scan(cursor, 'MATCH', pattern, 'COUNT', SCAN);
      const [next, keys] = await this.redis.withTimeout('SCAN', scan);
      if (keys.length > 0) await this.redis.withTimeout('UNLINK', this.redis.client.unlink(...keys));
      cursor = next;
    } while (cursor !== '0');
  }

  private async findOrClaim(name: string): Promise<Found> {
    const version = newVersion();
    const claim = this.redis.client.set(name, version, 'PX', CLAIM_MS, 'NX', 'GET');
    const known = await this.redis.withTimeout('SET', claim);
    return known === null ? { version, claimed: false } : parseFound(known);
  }

  private nameOf(key: string): string {
    // With the run id, entries of another run of the server are not found, even if the server has saved them.
    return `${this.redis.namespace}cache:${this.redis.run}:${key}`;
  }
}

function newVersion(): string {
  return CLAIM + randomUUID();
}

function parseFound(text: string): Found {
  if (text.startsWith(CLAIM)) return { version: text, claimed: true };
  return { value: text === ENTRY ? undefined : (JSON.parse(text.slice(ENTRY.length)) as unknown) };
}
