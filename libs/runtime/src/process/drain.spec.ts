import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { whenDrained } from './drain.js';

const DELAY_MS = 100;
let servers: Server[] = [];

beforeEach(async () => {
  servers = [createServer((socket) => socket.end()), createServer((socket) => socket.end())];
  for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening');
});

afterEach(async () => {
  for (const server of servers) await once(server.close(), 'close');
});

it('waits longer if a connection comes meanwhile, and leaves no listener', async () => {
  const [quiet, busy] = servers as [Server, Server];
  const ended: string[] = [];
  const draining = [
    whenDrained(busy, DELAY_MS).then(() => ended.push('busy')),
    whenDrained(quiet, DELAY_MS).then(() => ended.push('quiet')),
  ];
  const client = connect((busy.address() as AddressInfo).port, '127.0.0.1').resume();
  await once(client, 'close');
  await Promise.all(draining);
  expect(ended).toEqual(['quiet', 'busy']);
  expect(servers.map((server) => server.listenerCount('connection'))).toEqual([1, 1]);
});
