import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from '../support/platform/client.js';
import { type Platform, startPlatform } from '../support/platform/platform.js';
import { platformDocument } from '../support/platform/platform-document.js';
import { platform, processes } from '../support/platform/story.js';

const api = platform();

describe('Every response', () => {
  it('has nosniff, Cache-Control and Vary headers, and no CORS headers', async () => {
    const { token } = await api.person();
    const { paths } = await platformDocument();
    const wrong: string[] = [];
    for (const [path, methods] of Object.entries(paths).filter(([each]) => each.startsWith('/v1'))) {
      for (const method of Object.keys(methods)) {
        if (`${method} ${path}` === 'post /v1/auth/logout') continue;
        for (const options of [{}, { token }]) {
          const reply = await api.send(
            method.toUpperCase(),
            path.replaceAll(/\{\w+\}/g, () => randomUUID()),
            options,
          );
          const cacheControl = reply.headers.get('cache-control') ?? '';
          const isRight =
            reply.headers.get('x-content-type-options') === 'nosniff' &&
            /\bno-(cache|store)\b/.test(cacheControl) &&
            (cacheControl.includes('private') || !('token' in options) || cacheControl.includes('no-store')) &&
            /\bAuthorization\b/.test(reply.headers.get('vary') ?? '') &&
            !reply.headers.has('access-control-allow-origin');
          if (!isRight) wrong.push(`${method} ${path}: ${reply.status} ${JSON.stringify([...reply.headers])}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('that contains tokens is no-store', async () => {
    const person = await api.person();
    for (const reply of [
      await api.post('/v1/auth/login', { email: person.email, password: person.password }),
      await api.post('/v1/auth/refresh', { refreshToken: person.refreshToken }),
    ]) {
      expect([reply.status, reply.headers.get('cache-control')]).toEqual([200, 'no-store']);
    }
  });

  it('with the published keys is readable from every origin, and cacheable for five minutes', async () => {
    const reply = await api.get('/.well-known/jwks.json', { headers: { origin: 'https://anywhere.example' } });
    expect(reply.headers.get('access-control-allow-origin')).toBe('*');
    expect(reply.headers.get('cache-control')).toBe('public, max-age=300');
  });

  it('that is an HTML page allows only its own scripts, and no framing', async () => {
    for (const [, process] of processes()) {
      const page = await process.get('/docs');
      expect([page.status, page.headers.get('x-content-type-options')]).toEqual([200, 'nosniff']);
      const policy = page.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("default-src 'self'");
      expect(policy).not.toMatch(/script-src[^;]*unsafe/);
      expect(page.text).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>\s*\S/);
      expect(page.text).toContain('<meta name="viewport" content="width=device-width, initial-scale=1" />');
      for (const [, path = ''] of page.text.matchAll(/ (?:src|href)="([^"]*)"/g))
        expect([path, (await process.get(path)).status]).toEqual([path, 200]);
    }
  });
});

describe('Other origins', () => {
  let own: Platform;
  let open: Client;

  beforeAll(async () => {
    own = await startPlatform({ CORS_ORIGINS: 'https://app.example, http://127.0.0.1:5173', RATE_LIMIT: 'on' });
    open = new Client(own.url);
  });

  afterAll(async () => {
    await own.stop();
  });

  const preflight = (origin: string, client = open) =>
    client.send('OPTIONS', '/v1/posts', {
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    });

  it('may use the API if they are listed: preflights are not rate limited, and headers are exposed', async () => {
    for (let time = 0; time < 120; time++) {
      const reply = await preflight('https://app.example');
      expect([reply.status, reply.headers.get('access-control-allow-origin')]).toEqual([204, 'https://app.example']);
      expect(reply.headers.has('ratelimit')).toBe(false);
    }
    const { headers } = await preflight('http://127.0.0.1:5173');
    for (const name of [
      'Authorization',
      'Idempotency-Key',
      'If-Match',
      'Consistency-Token',
      'traceparent',
      'Last-Event-ID',
    ])
      expect(headers.get('access-control-allow-headers')).toContain(name);
    const read = await open.get('/v1/posts', { headers: { origin: 'https://app.example' } });
    expect(read.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(read.headers.get('vary')).toBe('Authorization, Origin');
    for (const name of ['ETag', 'Location', 'Consistency-Token', 'X-Trace-Id', 'RateLimit', 'Retry-After', 'Allow'])
      expect(read.headers.get('access-control-expose-headers')).toContain(name);
    const refused = await open.post('/v1/posts', {}, { headers: { origin: 'https://app.example' } });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, 'https://app.example']);
  });

  it('get no CORS headers if they are not listed', async () => {
    for (const origin of [
      'https://app.example.evil.example',
      'http://app.example',
      'null',
      'https://app.example:444',
    ]) {
      const reply = await preflight(origin);
      expect([reply.status, reply.headers.has('access-control-allow-origin')]).toEqual([405, false]);
      const read = await open.get('/v1/posts', { headers: { origin } });
      expect([read.status, read.headers.has('access-control-allow-origin')]).toEqual([200, false]);
    }
    expect((await preflight('https://app.example', api)).headers.has('access-control-allow-origin')).toBe(false);
  });
});
