import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from '../support/platform/client.js';
import { type Platform, startPlatform } from '../support/platform/platform.js';

describe('Rate limits', () => {
  let platform: Platform;
  let api: Client;

  beforeAll(async () => {
    const limits = {
      RATE_LIMIT: 'on',
      RATE_LIMIT_PER_MINUTE: '40',
      LOGINS_PER_MINUTE: '8',
      WRONG_PASSWORDS: '3',
      TRUSTED_PROXIES: '127.0.0.0/8',
    };
    platform = await startPlatform(limits);
    api = new Client(platform.url);
  });

  afterAll(async () => {
    await platform.stop();
  });

  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });

  it('count down per client address, and end in 429', async () => {
    const first = await api.get('/v1/posts', from('203.0.113.1'));
    expect(first.headers.get('ratelimit-policy')).toBe('"address";q=40;w=60');
    expect(first.headers.get('ratelimit')).toMatch(/^"address";r=39;t=\d+$/);
    for (let request = 2; request <= 40; request++) await api.get('/v1/posts', from('203.0.113.1'));
    const refused = await api.get('/v1/posts', from('203.0.113.1'));
    expect([refused.status, refused.body.code]).toEqual([429, 'RATE_LIMITED']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.headers.get('ratelimit')).toMatch(/r=0/);
    expect((await api.get('/%761/posts', from('203.0.113.1'))).status).toBe(429);
    expect((await api.get('/v1/nothing', from('203.0.113.1'))).status).toBe(429);
    expect((await api.get('/v1/posts', from('203.0.113.2'))).status).toBe(200);
  });

  it('apply to an account across client addresses', async () => {
    const reply = await api.post(
      '/v1/auth/register',
      { email: 'a@example.com', password: 'long enough', displayName: 'A' },
      from('203.0.113.3'),
    );
    const token = reply.body.data.accessToken;
    const statuses: number[] = [];
    for (let request = 0; request < 41; request++) {
      statuses.push((await api.get('/v1/users/me', { token, ...from(`198.51.100.${request}`) })).status);
    }
    expect(statuses.indexOf(429)).toBe(40);
  });

  it('are described by one member for each that counted the request, in the same order', async () => {
    const { token } = await api.person();
    const read = (address: string) => api.get('/v1/users/me', { token, ...from(address) });
    await read('198.51.100.101');
    const reply = await read('198.51.100.102');
    expect(reply.headers.get('ratelimit-policy')).toBe('"address";q=40;w=60, "account";q=40;w=60');
    expect(reply.headers.get('ratelimit')).toMatch(/^"address";r=39;t=\d+, "account";r=38;t=\d+$/);
    for (let n = 0; n < 39; n++) await read(`198.51.100.${110 + n}`);
    const refused = await read('198.51.100.150');
    expect([refused.status, refused.headers.get('ratelimit')]).toEqual([
      429,
      expect.stringMatching(/^"address";r=39;t=\d+, "account";r=0;t=\d+$/),
    ]);
    const entered = await login('y@example.com', '198.51.100.151');
    expect(entered.headers.get('ratelimit-policy')).toMatch(/^"address";q=40;w=60, "[a-z-]+";q=8;w=60$/);
  });

  const login = (email: string, address: string, password = 'wrong') =>
    api.post('/v1/auth/login', { email, password }, from(address));

  it('are lower for log-ins per client address', async () => {
    for (let n = 0; n < 8; n++) expect((await login(`x${n}@example.com`, '203.0.113.15')).status).toBe(401);
    expect((await login('w@example.com', '203.0.113.15')).status).toBe(429);
  });

  it('block password guessing from one address, but not the owner at another address', async () => {
    const password = 'long enough';
    const registration = { email: 'owner@example.com', password, displayName: 'O' };
    await api.post('/v1/auth/register', registration, from('203.0.113.20'));
    for (const email of ['owner@example.com', 'nobody@example.com']) {
      for (let n = 0; n < 3; n++) expect((await login(email, '203.0.113.21')).status).toBe(401);
      const refused = await login(email, '203.0.113.21', password);
      expect([refused.status, Number(refused.headers.get('retry-after')) > 60]).toEqual([429, true]);
    }
    for (let n = 0; n < 4; n++) expect((await login('owner@example.com', '203.0.113.20', password)).status).toBe(200);
  });

  it('do not apply to routes outside the API', async () => {
    for (const process of Object.values(platform.operations).map((url) => new Client(url)))
      for (let request = 0; request < 50; request++)
        expect((await process.get('/health/live', from('203.0.113.1'))).status).toBe(200);
  });
});
