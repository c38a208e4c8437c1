import { randomUUID } from 'node:crypto';
import { CacheStore, type Found } from '../cache-store.js';
import type { RedisConnection } from './redis-connection.js';

/** Longer than a read may take; what is set later is refused because nothing is there. */
const TAKEN_MS = 3_000;
const SCAN = 1_000;

const COPY = 'c';
const TAKEN = 't';

/** Keeps the copy in ARGV[2] for ARGV[3] milliseconds if the mark of who makes it, ARGV[1], is still there. */
const SET = `
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[2], 'px', ARGV[3])
return 1`;

/**
 * Keeps copies in Redis, for all processes. A key holds a copy, or the mark of the one reader who makes it: a version
 * that is given once and never again. A tombstone removes either, which even a server that is full can do; what is set
 * later finds no mark of its own, and is refused.
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
    // What nobody else can be told is never joined, and never set.
    const version = TAKEN + randomUUID();
    if (!this.redis.answers) return { version, taken: false };
    try {
      const name = this.nameOf(key);
      const { client } = this.redis;
      const found =
        (await this.redis.within(client.get(name))) ??
        (await this.redis.within(client.set(name, version, 'PX', TAKEN_MS, 'NX', 'GET')));
      if (found === null) return { version, taken: false };
      if (found.startsWith(TAKEN)) return { version: found, taken: true };
      return { value: found === COPY ? undefined : (JSON.parse(found.slice(COPY.length)) as unknown) };
    } catch {
      return { version, taken: false };
    }
  }

  async set(key: string, version: string, value: unknown, ttl: number): Promise<boolean> {
    const copy = COPY + (value === undefined ? '' : JSON.stringify(value));
    const setting = this.redis.client.eval(SET, 1, this.nameOf(key), version, copy, ttl);
    return this.redis.within(setting).then(
      (done) => done === 1,
      () => false,
    );
  }

  async tombstone(keys: readonly string[]): Promise<void> {
    if (keys.length > 0) await this.redis.within(this.redis.client.unlink(...keys.map((key) => this.nameOf(key))));
  }

  /** What is there when the scan begins is removed by its end; what comes later was read later. */
  async clear(prefix: string): Promise<void> {
    const pattern = `${this.nameOf(prefix).replaceAll(/[[\]*?\\]/g, '\\$&')}*`;
    let cursor = '0';
    do {
      const [next, keys] = await this.redis.within(this.redis.client.scan(cursor, 'MATCH', pattern, 'COUNT', SCAN));
      if (keys.length > 0) await this.redis.within(this.redis.client.unlink(...keys));
      cursor = next;
    } while (cursor !== '0');
  }

  private nameOf(key: string): string {
    return `${this.redis.namespace}cache:${key}`;
  }
}
