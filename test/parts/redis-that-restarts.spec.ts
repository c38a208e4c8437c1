import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { freePort } from '#database';
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { RedisCacheStore } from '../../libs/cache/src/redis/redis-cache.store.js';
import { RedisConnection } from '../../libs/cache/src/redis/redis-connection.js';
import { eventually } from '../support/eventually.js';

const docker = promisify(execFile);

describe('A Redis that restarts with its saved data', () => {
  let container: StartedTestContainer;
  let connection: RedisConnection;
  let store: RedisCacheStore;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    const port = await freePort();
    container = await new GenericContainer('redis:8')
      .withExposedPorts({ container: 6379, host: port })
      .withCommand(['redis-server', '--save', '', '--appendonly', 'no'])
      .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
      .start();
    connection = await RedisConnection.to(`redis://127.0.0.1:${port}`, 'restarts.');
    store = new RedisCacheStore(connection);
  });

  afterAll(async () => {
    connection.close();
    await container.stop({ timeout: 0 });
  });

  const setEntry = async (key: string, value: string) => {
    const found = await store.find(key);
    if ('version' in found) expect(await store.set(key, found.version, value, 60_000)).toBe(true);
  };

  it('does not return a cache entry that was invalidated after the save', async () => {
    await setEntry('a', 'old');
    await connection.client.save();
    await store.tombstone(['a']);
    const { run } = connection;
    await docker('docker', ['kill', container.getId()]);
    await docker('docker', ['start', container.getId()]);
    await eventually('Redis has restarted', () => Promise.resolve(connection.answers && connection.run !== run));
    // The saved entry is there again, under its old name.
    expect(await connection.client.exists(`restarts.cache:${run}:a`)).toBe(1);
    expect(await store.find('a')).toMatchObject({ claimed: false });
    await setEntry('b', 'new');
    expect(await store.find('b')).toEqual({ value: 'new' });
  });
});
