import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from '../support/platform/client.js';
import { eventually } from '../support/eventually.js';
import { type Platform, startPlatform } from '../support/platform/platform.js';

describe('The log', () => {
  let platform: Platform;

  beforeAll(async () => {
    platform = await startPlatform({ LOG_LEVEL: 'info' });
  });

  afterAll(async () => {
    await platform.stop();
  });

  const lines = () =>
    platform
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'));

  it('has one JSON object per request, with its trace id and without secrets', async () => {
    const api = new Client(platform.url);
    const person = await api.person('Secretive');
    const traceId = randomBytes(16).toString('hex');
    const headers = { traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01` };
    const reply = await api.get(`/v1/users?q=leak`, { token: person.token, headers });
    await api.post('/v1/auth/login', { email: person.email, password: 'wrong password' });
    const line = await eventually('the request is logged', () =>
      Promise.resolve(lines().find((each) => each.includes(traceId))),
    );
    expect(JSON.parse(line)).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-/),
      service: reply.headers.get('x-served-by'),
      traceId,
      context: 'http',
      method: 'GET',
      route: '/v1/users',
      status: 200,
      ms: expect.any(Number),
      account: person.id,
      msg: expect.stringMatching(/^GET \/v1\/users 200 \d+ ms$/),
    });
    await eventually('the log-in is logged', () => Promise.resolve(lines().some((each) => each.includes('login 401'))));
    for (const each of lines()) expect(() => JSON.parse(each) as unknown).not.toThrow();
    for (const secret of [person.password, person.token, person.refreshToken, person.email, 'leak', 'wrong password']) {
      expect(platform.output()).not.toContain(secret);
    }
  });
});
