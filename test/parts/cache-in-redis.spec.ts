import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Database, DatabaseServer } from '#database';
import { Redis } from 'ioredis';
import { Cache } from '../../libs/cache/src/cache.js';
import { Epochs } from '../../libs/cache/src/epochs.js';
import { RedisCacheStore } from '../../libs/cache/src/redis/redis-cache.store.js';
import { RedisConnection } from '../../libs/cache/src/redis/redis-connection.js';
import { testDatabase, type TestDatabase } from '../support/database/database.js';
import { eventually } from '../support/eventually.js';
import { partsOfThisRun } from '../support/infrastructure/parts.js';
import { Wire } from '../support/infrastructure/wire.js';

const settings = { CACHE_TTL: 3_600, CACHE_SIZE: 1, REDIS_NAMESPACE: '' };

/** What one process has: its own connections, and a cache that uses them. */
interface Process {
  readonly cache: Cache;
  readonly wire: Wire;
  readonly redis: RedisConnection;
  readonly epochs: Epochs;
  end(): Promise<void>;
}

let namespace: string;
let database: TestDatabase;
let redis: Redis;

beforeAll(async () => {
  database = await testDatabase('posts');
  redis = new Redis(partsOfThisRun()?.redis ?? '');
});

afterAll(async () => {
  redis.disconnect();
  await database.close();
});

beforeEach(() => {
  namespace = `t${randomBytes(4).toString('hex')}.`;
});

afterEach(async () => {
  await redis.config('SET', 'maxmemory', '0');
  await redis.call('CLIENT', 'UNPAUSE');
});

async function process(kind = Epochs): Promise<Process> {
  const server = new DatabaseServer(() => database.url, 3);
  const own: Database = server.open('posts');
  const url = new URL(partsOfThisRun()?.redis ?? '');
  const wire = new Wire(Number(url.port));
  await wire.open();
  const connection = await RedisConnection.to(`redis://127.0.0.1:${wire.port}`, namespace);
  const store = new RedisCacheStore(connection);
  const epochs = new kind(own, store);
  await epochs.onApplicationBootstrap();
  return {
    cache: new Cache(own, store, epochs, settings),
    wire,
    redis: connection,
    epochs,
    end: async () => {
      epochs.onApplicationShutdown();
      connection.close();
      await wire.cut().catch(() => undefined);
      await server.close();
    },
  };
}

const processes = (kind = Epochs) => Promise.all(Array.from({ length: 4 }, () => process(kind)));
const endAll = (all: readonly Process[]) => Promise.all(all.map((each) => each.end()));

describe('Cache entries that processes share', () => {
  let all: Process[];
  let reads: number;
  const load = async (value: unknown) => {
    reads++;
    await delay(20);
    return value;
  };
  const [first, second] = [() => all[0] as Process, () => all[1] as Process];

  beforeEach(async () => {
    all = await processes();
    reads = 0;
    await eventually('the cache is on', () => Promise.resolve(all.every(({ epochs }) => epochs.current !== undefined)));
  });

  afterEach(() => endAll(all));

  it('are loaded once for a thousand concurrent reads in four processes', async () => {
    const results = Array.from({ length: 1_000 }, (_, n) =>
      (all[n % 4] as Process).cache.read('a', () => load('value')),
    );
    expect(new Set(await Promise.all(results))).toEqual(new Set(['value']));
    expect(reads).toBe(1);
  });

  it('are invalidated in all processes when one invalidates them', async () => {
    for (const { cache } of all) expect(await cache.read('a', () => load('old'))).toBe('old');
    await first().cache.invalidate('a');
    for (const { cache } of all) expect(await cache.read('a', () => load('new'))).toBe('new');
    await second().cache.invalidateAll();
    for (const { cache } of all) expect(await cache.read('a', () => load('newer'))).toBe('newer');
    expect(reads).toBe(3);
  });

  it('can hold undefined and every JSON value', async () => {
    for (const value of [undefined, null, 0, '', 'c', { deep: [1, 'ü'] }]) {
      await first().cache.invalidate('a');
      expect(await first().cache.read('a', () => load(value))).toEqual(value);
      expect(await second().cache.read('a', () => load('never read'))).toEqual(value);
    }
  });

  it('are not stored if they were loaded before an invalidation, however late', async () => {
    let release = () => {};
    const slow = first().cache.read('a', () => new Promise<string>((done) => (release = () => done('old'))));
    const name = `${namespace}cache:${first().redis.run}:posts:${first().epochs.current}:a`;
    await eventually('the first process is loading', async () => (await redis.exists(name)) === 1);
    await second().cache.invalidate('a');
    expect(await second().cache.read('a', () => load('new'))).toBe('new');
    release();
    expect(await slow).toBe('old');
    expect(await first().cache.read('a', () => load('newest'))).toBe('new');
  });

  it('are loaded by another process if loading fails', async () => {
    const failing = first().cache.read('a', () => delay(20).then(() => Promise.reject(new Error('away'))));
    await expect(failing).rejects.toThrow('away');
    expect(await second().cache.read('a', () => load('value'))).toBe('value');
  });

  it('are not added while Redis is full, not used while it is unreachable or silent, and not stale afterwards', async () => {
    await first().cache.read('a', () => load('old'));
    await redis.config('SET', 'maxmemory', '1');
    expect(await second().cache.read('a', () => load('never read'))).toBe('old');
    await second().cache.invalidate('a');
    expect(await first().cache.read('a', () => load('full'))).toBe('full');
    await redis.config('SET', 'maxmemory', '0');

    await second().cache.read('b', () => load('old'));
    await first().wire.cut();
    // The process that invalidates the entry cannot reach it; the others could.
    await first().cache.invalidate('b');
    for (const { cache } of all) expect(await cache.read('b', () => load('new'))).toBe('new');
    await first().wire.open();

    await redis.call('CLIENT', 'PAUSE', '3000', 'ALL');
    await second().cache.invalidate('b');
    for (const { cache } of all) expect(await cache.read('b', () => load('newer'))).toBe('newer');
    await eventually('the cache is on again', () =>
      Promise.resolve(all.every(({ epochs }) => epochs.current !== undefined)),
    );
    expect(await first().cache.read('b', () => load('newest'))).toBe('newest');
    expect(await second().cache.read('b', () => load('never read'))).toBe('newest');
  });
});

/** A faulty implementation that ignores failed invalidations. */
class FaultyEpochs extends Epochs {
  override invalidateGeneration(): Promise<void> {
    return Promise.resolve();
  }
}

describe('Writers and readers in four processes, while Redis is cut off, paused, full and flushed', () => {
  const KEYS = 8;
  const ROUNDS = 6;

  it('never read a value that is older than an acknowledged write', async () => {
    const { stale, hits, writes } = await runWorkload();
    expect(stale).toBe(0);
    expect(hits).toBeGreaterThan(ROUNDS * 200);
    expect(writes).toBeGreaterThan(100);
  }, 120_000);

  it('read stale values if failed invalidations are ignored', async () => {
    expect((await runWorkload(FaultyEpochs)).stale).toBeGreaterThan(0);
  }, 120_000);

  async function runWorkload(kind = Epochs) {
    const all = await processes(kind);
    const table = new Map<string, number>();
    const acknowledged = new Map<string, number>();
    const found = { stale: 0, answers: 0, hits: 0, writes: 0 };
    let ending = false;
    let state = 7;
    const random = (below: number) => (state = (state * 48_271) % 2_147_483_647) % below;
    const key = () => `k${random(KEYS)}`;
    const write = async ({ cache }: Process) => {
      const name = key();
      const value = (table.get(name) ?? 0) + 1;
      table.set(name, value);
      await cache.invalidate(name);
      acknowledged.set(name, Math.max(value, acknowledged.get(name) ?? 0));
      found.writes++;
    };
    const read = async ({ cache }: Process) => {
      const name = key();
      const least = acknowledged.get(name) ?? 0;
      let hit = 1;
      const value = await cache.read(name, async () => {
        hit = 0;
        const now = table.get(name) ?? 0;
        await delay(random(5));
        return now;
      });
      found.answers++;
      found.hits += hit;
      if ((value ?? 0) < least) found.stale++;
    };
    const clients = Array.from({ length: 32 }, async (_, client) => {
      const mine = all[client % all.length] as Process;
      while (!ending) {
        await (random(5) === 0 ? write(mine) : read(mine));
        await delay(1);
      }
    });
    const disruptions = [
      async ({ wire }: Process) => {
        await wire.cut();
        await delay(300);
        await wire.open();
      },
      () => redis.call('CLIENT', 'PAUSE', '400', 'ALL'),
      () => redis.flushall(),
      async () => {
        await redis.config('SET', 'maxmemory', '1');
        await delay(200);
        await redis.config('SET', 'maxmemory', '0');
      },
    ];
    try {
      await disruptInRounds();
    } finally {
      ending = true;
      await Promise.all(clients);
      await endAll(all);
    }
    return found;

    async function disruptInRounds(): Promise<void> {
      for (let round = 0; round < ROUNDS; round++) {
        await (disruptions[round % disruptions.length] as (victim: Process) => Promise<unknown>)(
          all[round % 4] as Process,
        );
        // Waits until cache entries are used again: a cache that is never on could not return stale values.
        await eventually('the cache is on', () =>
          Promise.resolve(all.some(({ epochs }) => epochs.current !== undefined)),
        );
        const { hits } = found;
        await eventually('cache entries are used', () => Promise.resolve(found.hits > hits + 200));
      }
    }
  }
});
