import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Limiters } from '#cache';
import { RedisConnection } from '../../libs/cache/src/redis/redis-connection.js';
import { eventually } from '../support/eventually.js';
import { partsOfThisRun } from '../support/parts.js';
import { Wire } from '../support/wire.js';

describe('A connection to Redis', () => {
  let wire: Wire;
  let redis: RedisConnection;

  const connect = () => RedisConnection.to(`redis://127.0.0.1:${wire.port}`, `t${randomBytes(4).toString('hex')}.`);
  const answers = () => eventually('Redis answers', () => Promise.resolve(redis.answers));

  beforeEach(async () => {
    wire = new Wire(Number(new URL(partsOfThisRun()?.redis ?? '').port));
    await wire.mend();
    redis = await connect();
  });

  afterEach(async () => {
    redis.close();
    await wire.cut();
  });

  it('gives everybody their own answer, also when a limit is used for the first time in between', async () => {
    const keys = ['a', 'b', 'c', 'd'].map((key) => redis.namespace + key);
    await redis.client.mset(...keys.flatMap((key) => [key, `of ${key}`]));
    const [a, b] = keys.slice(0, 2).map((key) => redis.within(redis.client.get(key)));
    const used = new Limiters(redis).of({ name: 'first', points: 3, seconds: 60 }).use('somebody');
    const [c, d] = keys.slice(2).map((key) => redis.within(redis.client.get(key)));
    expect(await Promise.all([a, b, c, d])).toEqual(keys.map((key) => `of ${key}`));
    expect(await used).toMatchObject({ allowed: true, remaining: 2 });
  });

  it('takes no answer for late because this process was busy', async () => {
    for (let time = 0; time < 5; time++) {
      const answer = redis.within(redis.client.ping());
      const until = performance.now() + 400;
      while (performance.now() < until);
      expect(await answer).toBe('PONG');
    }
    expect(redis.answers).toBe(true);
  });

  it('takes who says nothing for away, at once the next time, and comes back through another connection', async () => {
    wire.silence();
    await expect(redis.within(redis.client.ping())).rejects.toThrow('no answer within 250 ms');
    expect(redis.answers).toBe(false);
    wire.speak();
    await answers();
    expect(await redis.within(redis.client.ping())).toBe('PONG');
  });

  it('returns although a server takes the connection and says nothing, and finds it later', async () => {
    wire.silence();
    const other = await connect();
    expect(other.answers).toBe(false);
    wire.speak();
    await eventually('it is found', () => Promise.resolve(other.answers));
    other.close();
  });
});
