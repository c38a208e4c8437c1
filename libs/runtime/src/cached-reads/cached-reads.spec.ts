import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Limiters } from '#cache';
import { AccessTokens } from '../auth/access-tokens.js';
import { VerificationKeys } from '../auth/verification-keys.js';
import { RateLimits } from '../http/rate-limits.js';
import { ProcessLog } from '../logging/logger.js';
import { Lifecycle } from '../process/lifecycle.js';
import { loadSettings } from '../settings/settings.js';
import { TrustedProxies } from '../settings/trusted-proxies.js';
import { CachedReads } from './cached-reads.js';

describe('A read from the cache', () => {
  let server: Server;
  let url: string;
  let lifecycle: Lifecycle;
  let isFailing: boolean;

  beforeEach(async () => {
    isFailing = false;
    lifecycle = new Lifecycle();
    const settings = loadSettings({}, () => []);
    const limits = new RateLimits({} as Limiters, { ...settings, RATE_LIMIT: 'off' });
    const log = new ProcessLog({ LOG_LEVEL: 'silent' }, 'test');
    const reads = new CachedReads(
      new AccessTokens(new VerificationKeys()),
      limits,
      lifecycle,
      log,
      new TrustedProxies(settings),
      settings,
    );
    reads.add({
      route: '/v1/posts/:id',
      service: 'posts',
      access: { check: () => Promise.reject(new Error('not asked')) },
      find: (name) => {
        if (isFailing) return Promise.reject(new Error('the cache fails'));
        return Promise.resolve(name === 'known' ? { json: '"cached"', etag: '"1-a"' } : undefined);
      },
    });
    server = createServer((request, response) => {
      response.end(reads.enteredAs(request) ? 'the pipeline goes on' : 'the pipeline');
    });
    reads.observe(server, 'test');
    await once(server.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const answer = async (path: string, init: RequestInit = {}) => (await fetch(url + path, init)).text();

  it('is answered at once', async () => {
    expect(await answer('/v1/posts/known')).toBe('"cached"');
  });

  it('goes on, in the trace that it has begun, if it is not in the cache, the cache fails, or its token is not valid', async () => {
    expect(await answer('/v1/posts/unknown')).toBe('the pipeline goes on');
    expect(await answer('/v1/posts/known', { headers: { authorization: 'Bearer x' } })).toBe('the pipeline goes on');
    isFailing = true;
    expect(await answer('/v1/posts/known')).toBe('the pipeline goes on');
  });

  it('goes on if its token is empty, which fetch does not send', async () => {
    const request = get(`${url}/v1/posts/known`, { headers: { authorization: '' } });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect((await response.toArray()).join('')).toBe('the pipeline goes on');
  });

  it.each([
    '/v1/posts/known?a=b',
    '/v1/posts/KNOWN',
    '/v1/posts/%6bnown',
    '/v1/posts/known/',
    '/v1/posts/',
    '/v1/users/known',
  ])('is not looked up for %s', async (path) => {
    expect(await answer(path)).toBe('the pipeline');
  });

  it('is not looked up for another method, a body, or a Consistency-Token', async () => {
    expect(await answer('/v1/posts/known', { method: 'DELETE' })).toBe('the pipeline');
    expect(await answer('/v1/posts/known', { headers: { 'consistency-token': 'x' } })).toBe('the pipeline');
  });

  it('closes its connection while the process stops', async () => {
    const closes = async () => (await fetch(`${url}/v1/posts/known`)).headers.get('connection');
    expect(await closes()).toBe('keep-alive');
    lifecycle.draining = true;
    expect(await closes()).toBe('close');
  });
});
