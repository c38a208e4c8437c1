import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Limiters } from '#cache';
import { MemoryBroadcast } from '../../libs/cache/src/broadcast.js';
import { RedisBroadcast } from '../../libs/cache/src/redis/redis-broadcast.js';
import { RedisConnection } from '../../libs/cache/src/redis/redis-connection.js';
import { eventually } from '../support/eventually.js';
import { partsOfThisRun } from '../support/infrastructure/parts.js';
import { Wire } from '../support/infrastructure/wire.js';

let wire: Wire;
let connections: RedisConnection[];

beforeEach(async () => {
  wire = new Wire(Number(new URL(partsOfThisRun()?.redis ?? '').port));
  await wire.open();
  const namespace = `t${randomBytes(4).toString('hex')}.`;
  const connect = () => RedisConnection.to(`redis://127.0.0.1:${wire.port}`, namespace);
  connections = [await connect(), await connect()];
});

afterEach(async () => {
  for (const each of connections) each.close();
  await wire.cut();
});

describe('Rate limits that processes share', () => {
  const allowance = { name: 'test', points: 8, seconds: 60 };

  it('count the requests that each of them allows', async () => {
    const limiters = connections.map((redis) => new Limiters(redis).of(allowance));
    const uses = [];
    for (let use = 0; use < 10; use++) uses.push(await limiters[use % 2]?.use('somebody'));
    expect(uses.map((state) => state?.allowed)).toEqual([...Array<boolean>(8).fill(true), false, false]);
    expect(uses[4]?.remaining).toBe(3);
    expect((await limiters[0]?.use('somebody else'))?.allowed).toBe(true);
  });

  it('are lower in each process while Redis is unreachable', async () => {
    const [limiter] = connections.map((redis) => new Limiters(redis).of(allowance));
    await wire.cut();
    const allowed = [];
    for (let use = 0; use < 4; use++) allowed.push((await limiter?.use('somebody'))?.allowed);
    expect(allowed).toEqual([true, true, false, false]);
  });
});

describe('A broadcast', () => {
  it('reaches every subscribed process, resumes with the connection, and ends on request', async () => {
    const [one, other] = connections.map((redis) => new RedisBroadcast(redis)) as [RedisBroadcast, RedisBroadcast];
    const received: string[] = [];
    const end = await one.subscribe('news', (message) => received.push(`one ${message}`));
    await other.subscribe('news', (message) => received.push(`other ${message}`));
    await other.subscribe('sport', (message) => received.push(`sport ${message}`));
    await one.publish('news', 'a');
    await eventually('both have received it', () => Promise.resolve(received.length === 2));
    expect(received.toSorted()).toEqual(['one a', 'other a']);

    await wire.cut();
    await one.publish('news', 'lost message');
    await wire.open();
    await eventually('both receive messages again', async () => {
      await other.publish('news', 'b');
      return received.includes('one b') && received.includes('other b');
    });
    expect(received.join()).not.toContain('lost message');

    await end();
    await other.publish('sport', 'c');
    await other.publish('news', 'd');
    await eventually('the other has received it', () => Promise.resolve(received.includes('other d')));
    expect(received).not.toContain('one d');
    expect(received).toContain('sport c');
    await one.close();
    await other.close();
  });

  it('does the same within one process', async () => {
    const broadcast = new MemoryBroadcast();
    const received: string[] = [];
    const end = await broadcast.subscribe('news', (message) => received.push(message));
    await broadcast.publish('news', 'a');
    await broadcast.publish('sport', 'b');
    await end();
    await broadcast.publish('news', 'c');
    expect(received).toEqual(['a']);
  });
});
