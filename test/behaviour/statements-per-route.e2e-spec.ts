import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { allDelivered } from '../support/platform/all-delivered.js';
import { Client, type Person, type Reply, type RequestOptions } from '../support/platform/client.js';
import { eventually } from '../support/eventually.js';
import { askOps } from '../support/platform/ops.js';
import { type Platform, startPlatform } from '../support/platform/platform.js';

/** SQL statements per request, including BEGIN and COMMIT. Statements of event handlers are not counted. */
describe('SQL statements', () => {
  let platform: Platform;
  let api: Client;
  let person: Person;
  let other: Person;
  let post: string;
  let editor: string;

  beforeAll(async () => {
    platform = await startPlatform({}, { entry: 'dist/test/support/platform/counting-process.js' });
    api = new Client(platform.url);
    [person, other] = [await api.person('One'), await api.person('Other')];
    post = (await write({ status: 'published' })).body.data.id;
    await askOps(platform.operator, 'users', 'role', person.id, 'editor');
    const { refreshToken } = person;
    editor = (await api.post('/v1/auth/refresh', { refreshToken })).body.data.accessToken;
    // Each service looks up an unknown account once. This happens here, before counting.
    for (const { token } of [person, other]) {
      await api.get('/v1/users/me', { token });
      await api.get('/v1/posts', { token });
      await api.get('/v1/notifications', { token });
    }
  });

  afterAll(async () => {
    await platform.stop();
  });

  const write = (more: object = {}, headers = {}) =>
    api.post('/v1/posts', { title: 'T', body: 'B', ...more }, { token: person.token, headers });

  /** The output of a process is in order: after the marker, all statements of the earlier request have been printed. */
  async function waitForOutput(reply: Reply, marker: string): Promise<void> {
    const process = new Client(
      Object.entries(platform.operations).find(([name]) => name === servedBy(reply))?.[1] ?? '',
    );
    const headers = { traceparent: `00-${marker}-${randomBytes(8).toString('hex')}-01` };
    await process.get('/health/ready', { headers });
    await eventually('the marker is printed', () => Promise.resolve(platform.output().includes(`sql ${marker}`)));
  }

  /** Counts the statements of the request itself: handlers of its events share the trace, with higher cause numbers. */
  async function statements(
    method: string,
    path: string,
    options: RequestOptions,
  ): Promise<{ count: number; reply: Reply }> {
    const [traceId, marker] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')];
    const traced = (id: string) => ({
      ...options.headers,
      traceparent: `00-${id}-${randomBytes(8).toString('hex')}-01`,
    });
    const reply = await api.send(method, path, { ...options, headers: traced(traceId) });
    await waitForOutput(reply, marker);
    const causes = [...platform.output().matchAll(new RegExp(`sql ${traceId} ${servedBy(reply)} (\\d+)`, 'g'))].map(
      ([, cause]) => Number(cause),
    );
    return { count: causes.filter((cause) => cause === Math.min(...causes)).length, reply };
  }

  const authorised = (more: RequestOptions = {}) => ({ token: person.token, ...more });
  /** Events of earlier writes invalidate the cache entry when they are delivered. After that it stays cached. */
  const cached = async (path: string, options: RequestOptions): Promise<[string, string, RequestOptions]> => {
    await allDelivered(platform);
    await api.get(path, options);
    return ['GET', path, options];
  };
  const asEditor = (body?: object) => ({ token: editor, ...(body ? { body } : {}) });
  const draft = async () => (await write()).body.data.id;
  const stranger = async () => {
    const { id, token } = await api.person();
    await api.get('/v1/feed', { token });
    return id;
  };
  const comment = async () => (await api.post(`/v1/posts/${post}/comments`, { body: 'C' }, authorised())).body.data.id;
  const category = async () =>
    (await api.post('/v1/categories', { name: `Category ${randomUUID()}` }, { token: editor })).body.data.id;

  const routes: [string, number, () => Promise<[string, string, RequestOptions]>][] = [
    [
      'POST /v1/auth/register',
      4,
      () =>
        Promise.resolve([
          'POST',
          '/v1/auth/register',
          { body: { email: 'new@example.com', password: 'long enough', displayName: 'N' } },
        ]),
    ],
    [
      'POST /v1/auth/login',
      2,
      () => Promise.resolve(['POST', '/v1/auth/login', { body: { email: person.email, password: person.password } }]),
    ],
    [
      'POST /v1/auth/refresh',
      6,
      () => Promise.resolve(['POST', '/v1/auth/refresh', { body: { refreshToken: other.refreshToken } }]),
    ],
    ['POST /v1/auth/logout', 6, () => Promise.resolve(['POST', '/v1/auth/logout', { token: other.token }])],
    ['GET /.well-known/jwks.json', 0, () => Promise.resolve(['GET', '/.well-known/jwks.json', {}])],
    ...['auth', 'users', 'posts', 'notifications'].map((service): (typeof routes)[number] => [
      `GET /v1/${service}/status`,
      1,
      () => Promise.resolve(['GET', `/v1/${service}/status`, {}]),
    ]),
    // One of them: auth checks in its own database that the session has not ended.
    ['GET /v1/auth/account', 2, () => Promise.resolve(['GET', '/v1/auth/account', authorised()])],
    ['GET /v1/auth/sessions', 2, () => Promise.resolve(['GET', '/v1/auth/sessions', authorised()])],
    [
      'DELETE /v1/auth/sessions',
      6,
      async () => {
        await api.post('/v1/auth/login', { email: person.email, password: person.password });
        return ['DELETE', '/v1/auth/sessions', authorised()];
      },
    ],
    [
      'DELETE /v1/auth/sessions/:id',
      6,
      async () => {
        await api.post('/v1/auth/login', { email: person.email, password: person.password });
        const { data } = (await api.get('/v1/auth/sessions', authorised())).body;
        return ['DELETE', `/v1/auth/sessions/${data.find((each) => !each.current)?.id}`, authorised()];
      },
    ],
    ['GET /v1/users', 2, () => Promise.resolve(['GET', '/v1/users', {}])],
    [
      'GET /v1/users?q=&cursor=, authenticated',
      1,
      () => Promise.resolve(['GET', '/v1/users?q=one&cursor=', authorised()]),
    ],
    ['GET /v1/users/:id/followers', 2, () => Promise.resolve(['GET', `/v1/users/${other.id}/followers`, authorised()])],
    ['GET /v1/users/:id/following', 2, () => Promise.resolve(['GET', `/v1/users/${other.id}/following`, {}])],
    ['GET /v1/users/me', 0, () => cached('/v1/users/me', authorised())],
    ['PATCH /v1/users/me', 5, () => Promise.resolve(['PATCH', '/v1/users/me', authorised({ body: { bio: 'B' } })])],
    ['GET /v1/users/:id', 1, async () => ['GET', `/v1/users/${await stranger()}`, {}]],
    ['GET /v1/users/:id, cached', 0, () => cached(`/v1/users/${person.id}`, {})],
    ['GET /v1/users/:id, cached, authenticated', 1, () => cached(`/v1/users/${other.id}`, authorised())],
    ['PUT /v1/users/:id/follow', 5, () => Promise.resolve(['PUT', `/v1/users/${other.id}/follow`, authorised()])],
    ['DELETE /v1/users/:id/follow', 5, () => Promise.resolve(['DELETE', `/v1/users/${other.id}/follow`, authorised()])],
    [
      'POST /v1/posts, a draft',
      1,
      () => Promise.resolve(['POST', '/v1/posts', authorised({ body: { title: 'T', body: 'B' } })]),
    ],
    [
      'POST /v1/posts, published',
      1,
      () =>
        Promise.resolve(['POST', '/v1/posts', authorised({ body: { title: 'T', body: 'B', status: 'published' } })]),
    ],
    [
      'POST /v1/posts, with an Idempotency-Key',
      6,
      () =>
        Promise.resolve([
          'POST',
          '/v1/posts',
          authorised({ body: { title: 'T', body: 'B' }, headers: { 'idempotency-key': randomUUID() } }),
        ]),
    ],
    [
      'GET /v1/posts',
      2,
      async () => {
        await write({ status: 'published' });
        return ['GET', '/v1/posts', {}];
      },
    ],
    ['GET /v1/posts, cached', 0, () => cached('/v1/posts', {})],
    ['GET /v1/posts, cached, authenticated', 1, () => cached('/v1/posts', authorised())],
    ['GET /v1/posts?cursor=', 1, () => Promise.resolve(['GET', '/v1/posts?cursor=', {}])],
    ['GET /v1/posts?q=', 2, () => Promise.resolve(['GET', '/v1/posts?q=text', {}])],
    [
      'GET /v1/posts/:id',
      1,
      async () => ['GET', `/v1/posts/${(await write({ status: 'published' })).body.data.id}`, {}],
    ],
    [
      'GET /v1/posts/:slug',
      1,
      async () => ['GET', `/v1/posts/${(await write({ status: 'published' })).body.data.slug}`, {}],
    ],
    ['GET /v1/posts/:id, cached', 0, () => cached(`/v1/posts/${post}`, {})],
    ['GET /v1/posts/:id, cached, authenticated', 0, () => cached(`/v1/posts/${post}`, authorised())],
    ['GET /v1/posts/:id/comments', 3, () => Promise.resolve(['GET', `/v1/posts/${post}/comments`, {}])],
    ['GET /v1/posts/:id/comments?cursor=', 2, () => Promise.resolve(['GET', `/v1/posts/${post}/comments?cursor=`, {}])],
    [
      'POST /v1/posts/:id/comments',
      5,
      () => Promise.resolve(['POST', `/v1/posts/${post}/comments`, authorised({ body: { body: 'C' } })]),
    ],
    ['GET /v1/comments/:id', 2, async () => ['GET', `/v1/comments/${await comment()}`, {}]],
    [
      'PATCH /v1/comments/:id',
      4,
      async () => ['PATCH', `/v1/comments/${await comment()}`, authorised({ body: { body: 'D' } })],
    ],
    ['DELETE /v1/comments/:id', 7, async () => ['DELETE', `/v1/comments/${await comment()}`, authorised()]],
    ['GET /v1/tags', 2, () => Promise.resolve(['GET', '/v1/tags', {}])],
    ['GET /v1/authors/top', 2, () => Promise.resolve(['GET', '/v1/authors/top', {}])],
    ['GET /v1/categories', 2, () => Promise.resolve(['GET', '/v1/categories', {}])],
    ['POST /v1/categories', 1, () => Promise.resolve(['POST', '/v1/categories', asEditor({ name: 'Counted' })])],
    ['GET /v1/categories/:id', 1, async () => ['GET', `/v1/categories/${await category()}`, {}]],
    [
      'PATCH /v1/categories/:id',
      4,
      async () => ['PATCH', `/v1/categories/${await category()}`, asEditor({ description: 'D' })],
    ],
    ['DELETE /v1/categories/:id', 4, async () => ['DELETE', `/v1/categories/${await category()}`, asEditor()]],
    [
      'PATCH /v1/posts/:id',
      4,
      () => Promise.resolve(['PATCH', `/v1/posts/${post}`, authorised({ body: { title: 'U' } })]),
    ],
    ['POST /v1/posts/:id/publish', 4, async () => ['POST', `/v1/posts/${await draft()}/publish`, authorised()]],
    [
      'POST /v1/posts/:id/unpublish',
      4,
      async () => ['POST', `/v1/posts/${(await write({ status: 'published' })).body.data.id}/unpublish`, authorised()],
    ],
    ['PUT /v1/posts/:id/like', 5, () => Promise.resolve(['PUT', `/v1/posts/${post}/like`, authorised()])],
    ['DELETE /v1/posts/:id/like', 5, () => Promise.resolve(['DELETE', `/v1/posts/${post}/like`, authorised()])],
    ['GET /v1/users/:id/posts', 3, () => Promise.resolve(['GET', `/v1/users/${person.id}/posts`, {}])],
    ['GET /v1/feed', 1, () => Promise.resolve(['GET', '/v1/feed', authorised()])],
    ['DELETE /v1/posts/:id', 4, async () => ['DELETE', `/v1/posts/${await draft()}`, authorised()]],
    ['GET /v1/notifications', 2, () => Promise.resolve(['GET', '/v1/notifications', authorised()])],
    [
      'PATCH /v1/notifications/:id',
      2,
      async () => {
        const [first] = (await api.get('/v1/notifications', authorised())).body.data;
        return ['PATCH', `/v1/notifications/${first?.id}`, authorised({ body: { read: true } })];
      },
    ],
    [
      'GET /v1/notifications/preferences',
      1,
      () => Promise.resolve(['GET', '/v1/notifications/preferences', authorised()]),
    ],
    [
      'PUT /v1/notifications/preferences',
      5,
      () =>
        Promise.resolve([
          'PUT',
          '/v1/notifications/preferences',
          authorised({ body: { 'post.liked': { email: false } } }),
        ]),
    ],
    ['POST /v1/notifications/read-all', 1, () => Promise.resolve(['POST', '/v1/notifications/read-all', authorised()])],
  ];

  it.each(routes)('of %s are %i', async (_route, expected, request) => {
    const { count, reply } = await statements(...(await request()));
    expect(reply.status).toBeLessThan(300);
    expect(count).toBe(expected);
  });

  it('of a list do not grow with its length', async () => {
    const before = await statements('GET', '/v1/posts?limit=1', {});
    for (let n = 0; n < 5; n++) await write({ status: 'published' });
    const after = await statements('GET', '/v1/posts?limit=100', {});
    expect([after.count, after.reply.body.data.length]).toEqual([before.count, after.reply.body.meta.total]);
  });

  it('of 1,000 reads of a post that has changed, 250 at once, are one', async () => {
    await api.patch(`/v1/posts/${post}`, { title: 'Changed' }, authorised());
    await allDelivered(platform);
    const [traceId, marker] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')];
    const headers = { traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01` };
    const replies: Reply[] = [];
    // More at once would be an overload on a slow machine, and be refused.
    while (replies.length < 1_000)
      replies.push(
        ...(await Promise.all(Array.from({ length: 250 }, () => api.get(`/v1/posts/${post}`, { headers })))),
      );
    expect(new Set(replies.map((reply) => [reply.status, reply.body.data.title].join()))).toEqual(
      new Set(['200,Changed']),
    );
    for (const reply of replies.slice(0, 1)) await waitForOutput(reply, marker);
    expect(platform.output().split(`sql ${traceId} `)).toHaveLength(2);
  });

  it('are not accompanied by requests to another service', () => {
    expect(platform.output()).toContain('sql ');
    expect(platform.output()).not.toContain('hop ');
  });

  it('are counted for every documented route', async () => {
    const { paths } = (await api.get('/openapi.json')).body as unknown as {
      paths: Record<string, Record<string, unknown>>;
    };
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map(
        (method) => `${method.toUpperCase()} ${path.replace('{idOrHandle}', ':id').replace('{id}', ':id')}`,
      ),
    );
    const counted = new Set(routes.map(([route]) => route.replace(/[,?].*/, '')));
    expect(documented.filter((route) => !counted.has(route))).toEqual([]);
  });
});

const servedBy = (reply: Reply) => reply.headers.get('x-served-by');
