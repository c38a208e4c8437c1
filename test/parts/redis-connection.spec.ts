import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Limiters } from '#cache';
import { RedisConnection } from '../../libs/cache/src/redis/redis-connection.js';
import { eventually } from '../support/eventually.js';
import { partsOfThisRun } from '../support/infrastructure/parts.js';
import { Wire } from '../support/infrastructure/wire.js';

describe('A connection to Redis', () => {
  let wire: Wire;
  let redis: RedisConnection;

  const connect = () => RedisConnection.to(`redis://127.0.0.1:${wire.port}`, `t${randomBytes(4).toString('hex')}.`);
  const answers = () => eventually('Redis answers', () => Promise.resolve(redis.answers));

  beforeEach(async () => {
    wire = new Wire(Number(new URL(partsOfThisRun()?.redis ?? '').port));
    await wire.open();
    redis = await connect();
  });

  afterEach(async () => {
    redis.close();
    await wire.cut();
  });

  it('gives each command its own reply, also when a rate limit is used for the first time in between', async () => {
    const keys = ['a', 'b', 'c', 'd'].map((key) => redis.namespace + key);
    await redis.client.mset(...keys.flatMap((key) => [key, `of ${key}`]));
    const [a, b] = keys.slice(0, 2).map((key) => redis.withTimeout('GET', redis.client.get(key)));
    const used = new Limiters(redis).of({ name: 'first', points: 3, seconds: 60 }).use('somebody');
    const [c, d] = keys.slice(2).map((key) => redis.withTimeout('GET', redis.client.get(key)));
    expect(await Promise.all([a, b, c, d])).toEqual(keys.map((key) => `of ${key}`));
    expect(await used).toMatchObject({ allowed: true, remaining: 2 });
  });

  it('does not time out a reply because this process was busy', async () => {
    for (let time = 0; time < 5; time++) {
      const answer = redis.withTimeout('PING', redis.client.ping());
      const until = performance.now() + 400;
      while (performance.now() < until);
      expect(await answer).toBe('PONG');
    }
    expect(redis.answers).toBe(true);
  });

  it('treats a silent server as unavailable, then fails at once, and recovers through a new connection', async () => {
    wire.silence();
    await expect(redis.withTimeout('PING', redis.client.ping())).rejects.toThrow('timed out after 250 ms');
    expect(redis.answers).toBe(false);
    wire.resume();
    await answers();
    expect(await redis.withTimeout('PING', redis.client.ping())).toBe('PONG');
  });

  it('returns although the server accepts the connection and is silent, and connects later', async () => {
    wire.silence();
    const other = await connect();
    expect(other.answers).toBe(false);
    wire.resume();
    await eventually('it has connected', () => Promise.resolve(other.answers));
    other.close();
  });
});
