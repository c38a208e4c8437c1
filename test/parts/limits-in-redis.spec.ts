import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Limiters } from '#cache';
import { MemoryBroadcast } from '../../libs/cache/src/broadcast.js';
import { RedisBroadcast } from '../../libs/cache/src/redis/redis-broadcast.js';
import { RedisConnection } from '../../libs/cache/src/redis/redis-connection.js';
import { eventually } from '../support/eventually.js';
import { partsOfThisRun } from '../support/parts.js';
import { Wire } from '../support/wire.js';

let wire: Wire;
let connections: RedisConnection[];

beforeEach(async () => {
  wire = new Wire(Number(new URL(partsOfThisRun()?.redis ?? '').port));
  await wire.mend();
  const namespace = `t${randomBytes(4).toString('hex')}.`;
  const connect = () => RedisConnection.to(`redis://127.0.0.1:${wire.port}`, namespace);
  connections = [await connect(), await connect()];
});

afterEach(async () => {
  for (const each of connections) each.close();
  await wire.cut();
});

describe('Limits that processes share', () => {
  const allowance = { name: 'test', points: 8, seconds: 60 };

  it('count what each of them lets through', async () => {
    const limiters = connections.map((redis) => new Limiters(redis).of(allowance));
    const uses = [];
    for (let use = 0; use < 10; use++) uses.push(await limiters[use % 2]?.use('somebody'));
    expect(uses.map((state) => state?.allowed)).toEqual([...Array<boolean>(8).fill(true), false, false]);
    expect(uses[4]?.remaining).toBe(3);
    expect((await limiters[0]?.use('somebody else'))?.allowed).toBe(true);
  });

  it('are narrower in each process while Redis is away', async () => {
    const [limiter] = connections.map((redis) => new Limiters(redis).of(allowance));
    await wire.cut();
    const allowed = [];
    for (let use = 0; use < 4; use++) allowed.push((await limiter?.use('somebody'))?.allowed);
    expect(allowed).toEqual([true, true, false, false]);
  });
});

describe('A broadcast', () => {
  it('reaches every process that listens, comes back with the connection, and ends when it is told to', async () => {
    const [one, other] = connections.map((redis) => new RedisBroadcast(redis)) as [RedisBroadcast, RedisBroadcast];
    const heard: string[] = [];
    const end = await one.subscribe('news', (message) => heard.push(`one ${message}`));
    await other.subscribe('news', (message) => heard.push(`other ${message}`));
    await other.subscribe('sport', (message) => heard.push(`sport ${message}`));
    await one.publish('news', 'a');
    await eventually('both hear', () => Promise.resolve(heard.length === 2));
    expect(heard.toSorted()).toEqual(['one a', 'other a']);

    await wire.cut();
    await one.publish('news', 'nobody hears this');
    await wire.mend();
    await eventually('it is heard again', async () => {
      await other.publish('news', 'b');
      return heard.includes('one b') && heard.includes('other b');
    });
    expect(heard.join()).not.toContain('nobody');

    await end();
    await other.publish('sport', 'c');
    await other.publish('news', 'd');
    await eventually('the other hears', () => Promise.resolve(heard.includes('other d')));
    expect(heard).not.toContain('one d');
    expect(heard).toContain('sport c');
    await one.close();
    await other.close();
  });

  it('does the same within one process', async () => {
    const broadcast = new MemoryBroadcast();
    const heard: string[] = [];
    const end = await broadcast.subscribe('news', (message) => heard.push(message));
    await broadcast.publish('news', 'a');
    await broadcast.publish('sport', 'b');
    await end();
    await broadcast.publish('news', 'c');
    expect(heard).toEqual(['a']);
  });
});
