import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DatabaseServer } from '#database';
import { fastify, type FastifyInstance } from 'fastify';
import { eventually } from '../../../../test/support/eventually.js';
import { Lifecycle } from '../process/lifecycle.js';
import { Overload } from './overload.js';
import { createRefusal } from './refuse-request.js';

const traceId = 'a'.repeat(32);
const headers = {
  authorization: 'Bearer x',
  origin: 'https://app.example',
  traceparent: `00-${traceId}-${'b'.repeat(16)}-01`,
};

describe('An overloaded server', () => {
  let server: FastifyInstance;
  let url: string;
  const pool = { waitingCount: 1_000 };

  beforeEach(async () => {
    pool.waitingCount = 1_000;
    server = fastify();
    new Overload({ databases: [{ pool }] } as unknown as DatabaseServer).observe(
      server,
      'posts',
      createRefusal('posts', ['https://app.example'], new Lifecycle()),
    );
    server.all('/v1/posts', () => 'accepted');
    server.get('/health/live', () => 'accepted');
    url = await server.listen({ port: 0, host: '127.0.0.1' });
  });

  afterEach(() => server.close());

  /** The first refusal, after the grace of a short burst. */
  async function refusal(init: RequestInit = {}): Promise<Response> {
    return eventually('a request is refused', async () => {
      const reply = await fetch(`${url}/v1/posts?limit=1`, { headers, ...init });
      if (reply.status !== 503) await reply.text();
      return reply.status === 503 && reply;
    });
  }

  it('refuses a request with a problem and with the headers of every response', async () => {
    const reply = await refusal();
    expect(await reply.json()).toEqual({
      type: 'urn:twofold:problem:overloaded',
      title: 'The service is overloaded.',
      status: 503,
      detail: 'The service is overloaded.',
      instance: '/v1/posts',
      code: 'OVERLOADED',
      traceId,
    });
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'retry-after': '1',
      'x-trace-id': traceId,
      'x-served-by': 'posts',
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-cache',
      vary: 'Authorization, Origin',
      'access-control-allow-origin': 'https://app.example',
      'access-control-expose-headers': expect.stringContaining('Retry-After'),
      connection: 'keep-alive',
    });
  });

  it('refuses a request with a body, and HEAD without one', async () => {
    const post = await refusal({ method: 'POST', body: 'x'.repeat(1_000_000) });
    expect(await post.json()).toMatchObject({ code: 'OVERLOADED' });
    const head = await refusal({ method: 'HEAD' });
    expect([head.headers.get('retry-after'), await head.text()]).toEqual(['1', '']);
  });

  it('does not refuse health and preflights', async () => {
    await (await refusal()).text();
    expect((await fetch(`${url}/health/live?verbose`)).status).toBe(200);
    const preflight = { ...headers, 'access-control-request-method': 'GET' };
    expect((await fetch(`${url}/v1/posts`, { method: 'OPTIONS', headers: preflight })).status).toBe(200);
    expect((await fetch(`${url}/v1/posts`, { method: 'OPTIONS', headers })).status).toBe(503);
  });

  it('accepts requests again as soon as nothing is saturated', async () => {
    await (await refusal()).text();
    pool.waitingCount = 0;
    expect((await fetch(`${url}/v1/posts`)).status).toBe(200);
  });
});
