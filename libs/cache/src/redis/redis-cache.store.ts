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
    try {
      if (this.redis.answers) return await this.findOrMark(this.nameOf(key));
    } catch {
      // The connection has said why.
    }
    // What nobody else can be told is never joined, and never set.
    return { version: newVersion(), taken: false };
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

  private async findOrMark(name: string): Promise<Found> {
    const { client } = this.redis;
    const known = await this.redis.within(client.get(name));
    if (known !== null) return foundIn(known);
    const version = newVersion();
    const other = await this.redis.within(client.set(name, version, 'PX', TAKEN_MS, 'NX', 'GET'));
    return other === null ? { version, taken: false } : foundIn(other);
  }

  private nameOf(key: string): string {
    // Copies of another run of the server are not found, whatever it has kept of them.
    return `${this.redis.namespace}cache:${this.redis.run}:${key}`;
  }
}

function newVersion(): string {
  return TAKEN + randomUUID();
}

function foundIn(text: string): Found {
  if (text.startsWith(TAKEN)) return { version: text, taken: true };
  return { value: text === COPY ? undefined : (JSON.parse(text.slice(COPY.length)) as unknown) };
}
