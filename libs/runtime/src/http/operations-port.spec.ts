import { describe, expect, it } from '@jest/globals';
import type { FastifyRequest } from 'fastify';
import { isLocal } from './operations-port.js';

const request = (remoteAddress: string, headers: Record<string, string>) =>
  ({ socket: { remoteAddress }, headers }) as unknown as FastifyRequest;

describe('A request from the same machine', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1:3000'],
    ['127.0.0.1', 'localhost'],
    ['::ffff:127.0.0.1', 'localhost:3000'],
    ['::1', '[::1]:3000'],
  ])('is one from %s to %s', (address, host) => {
    expect(isLocal(request(address, { host }))).toBe(true);
  });

  it.each([
    ['192.0.2.1', { host: '127.0.0.1:3000' }],
    ['::ffff:192.0.2.1', { host: 'localhost' }],
    ['127.0.0.1', { host: 'attacker.example:3000' }],
    ['127.0.0.1', { host: 'localhost.attacker.example' }],
    ['127.0.0.1', { host: '127.0.0.1:3000', 'x-forwarded-for': '192.0.2.1' }],
    ['127.0.0.1', { host: '127.0.0.1:3000', forwarded: 'for=192.0.2.1' }],
    ['127.0.0.1', { host: '127.0.0.1:3000', via: '1.1 proxy' }],
  ])('is not one from %s with %j', (address, headers) => {
    expect(isLocal(request(address, headers))).toBe(false);
  });
});
