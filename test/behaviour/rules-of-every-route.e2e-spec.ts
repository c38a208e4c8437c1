import { randomBytes, randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { connect } from 'node:net';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { type Body, type Client, type Person, type Reply, tokenOf } from '../support/platform/client.js';
import { platform, processes } from '../support/platform/story.js';

const api = platform();

function expectProblem(reply: Reply, status: number, code: string): Body {
  expect([reply.status, reply.body.code]).toEqual([status, code]);
  expect(reply.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(reply.body).toEqual({
    type: `urn:twofold:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title: expect.any(String),
    status,
    detail: expect.any(String),
    instance: expect.stringMatching(/^\//),
    code,
    traceId: reply.headers.get('x-trace-id'),
    ...(reply.body.errors ? { errors: expect.any(Array) } : {}),
  });
  expect(reply.text).not.toMatch(/node_modules|\bat \w+ \(|\.js:\d/);
  return reply.body;
}

let person: Person;

beforeAll(async () => {
  person = await api.person();
});

const write = (options: { raw?: string | Buffer; body?: unknown; headers?: Record<string, string> }) =>
  api.send('POST', '/v1/posts', { token: person.token, ...options });

describe('A request body', () => {
  it.each([
    ['not JSON', '{"title":'],
    ['a bare word', 'title'],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22])],
    ['an attempt at prototype pollution', '{"title":"T","body":"B","__proto__":{"admin":true}}'],
  ])('that is %s is 400', async (_name, raw) => {
    expectProblem(await write({ raw }), 400, 'MALFORMED_REQUEST');
  });

  it.each([['null'], ['[]'], ['"text"'], ['7']])('that is not an object is 400: %s', async (raw) => {
    expectProblem(await write({ raw }), 400, 'VALIDATION_FAILED');
  });

  it('that is missing is 400', async () => {
    expectProblem(await write({}), 400, 'VALIDATION_FAILED');
  });

  it('above 1 MiB is 413', async () => {
    expectProblem(await write({ body: { title: 'T', body: 'x'.repeat(1_048_576) } }), 413, 'BODY_TOO_LARGE');
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml'])(
    'of type %s is 415',
    async (type) => {
      expectProblem(await write({ raw: 'title=T', headers: { 'content-type': type } }), 415, 'UNSUPPORTED_MEDIA_TYPE');
    },
  );
});

describe('A route that takes no body', () => {
  it('rejects a body, and has no effect', async () => {
    const { id } = (await write({ body: { title: 'T', body: 'B' } })).body.data;
    const options = { token: person.token, body: { status: 'published' } };
    expectProblem(await api.send('POST', `/v1/posts/${id}/publish`, options), 400, 'VALIDATION_FAILED');
    expect((await api.get(`/v1/posts/${id}`, { token: person.token })).body.data.status).toBe('draft');
    const nothing = { token: person.token, raw: '', headers: { 'content-type': 'application/json' } };
    expect((await api.send('POST', `/v1/posts/${id}/publish`, nothing)).status).toBe(200);
  });
});

describe('A URL', () => {
  it('that does not exist is 404', async () => {
    for (const path of ['/v1/nothing', '/nothing', '/v1', '/v1/posts/', '/v2/posts']) {
      expectProblem(await api.get(path), 404, 'ROUTE_NOT_FOUND');
    }
  });

  it('with an unsupported method is 405, with the supported methods in Allow', async () => {
    const reply = await api.put('/v1/posts', { token: person.token });
    expectProblem(reply, 405, 'METHOD_NOT_ALLOWED');
    expect(reply.headers.get('allow')).toBe('GET, HEAD, POST');
    expectProblem(await api.post('/v1/users/me', {}), 405, 'METHOD_NOT_ALLOWED');
  });

  it.each([
    ['PATCH', '/v1/notifications/read-all', 'POST'],
    ['GET', '/v1/notifications/read-all', 'POST'],
    ['PATCH', '/v1/notifications/preferences', 'GET, HEAD, PUT'],
    ['DELETE', '/v1/users/me', 'GET, HEAD, PATCH'],
  ])('whose last part is a word is no id: %s %s is 405', async (method, path, allow) => {
    const reply = await api.send(method, path, { token: person.token });
    expectProblem(reply, 405, 'METHOD_NOT_ALLOWED');
    expect(reply.headers.get('allow')).toBe(allow);
  });

  it('that cannot be decoded is 400, and one that is too long is 414', async () => {
    expectProblem(await api.get('/v1/posts/%zz'), 400, 'MALFORMED_REQUEST');
    expectProblem(await api.get(`/v1/posts/${'x'.repeat(600)}`), 414, 'URL_TOO_LONG');
  });

  it('with a query that cannot be decoded is 400', async () => {
    for (const query of ['q=%zz', 'q=%ff', 'author=%', 'q=%C3'])
      expectProblem(await api.get(`/v1/posts?${query}`), 400, 'MALFORMED_REQUEST');
    expect((await api.get('/v1/posts?q=%C3%A9+100%25')).status).toBe(200);
  });

  // Sent to a process directly: a gateway would reject them itself.
  const sendRaw = (head: string) => {
    const [[, process]] = processes() as [[string, Client]];
    const { hostname, port } = new URL(process.url);
    return new Promise<string>((done) => {
      const socket = connect(Number(port), hostname, () => socket.write(head));
      let received = '';
      socket.on('data', (chunk) => (received += chunk.toString())).on('close', () => done(received));
    });
  };

  it.each([
    ['a malformed request line', 'NONSENSE\r\n\r\n', 400, 'MALFORMED_REQUEST'],
    ['the method of proxies', 'CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n', 405, 'METHOD_NOT_ALLOWED'],
    ['no Host', 'GET /v1/posts HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'MALFORMED_REQUEST'],
    [
      'an expectation',
      'GET /v1/posts HTTP/1.1\r\nHost: x\r\nExpect: a-miracle\r\nConnection: close\r\n\r\n',
      417,
      'EXPECTATION_FAILED',
    ],
    [
      'too large headers',
      `GET /v1/posts HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'HEADERS_TOO_LARGE',
    ],
    [
      'a path of no characters',
      'GET /v1/posts/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      400,
      'MALFORMED_REQUEST',
    ],
  ])('or a request with %s gets a problem with the headers of every answer', async (_, head, status, code) => {
    const response = await sendRaw(head);
    expect(response).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    for (const header of [
      'Content-Type: application/problem\\+json',
      'X-Content-Type-Options: nosniff',
      'Cache-Control: no-cache',
      'Vary: Authorization',
      'X-Served-By: \\w+',
      'X-Trace-Id: [0-9a-f]{32}',
    ])
      expect(response).toMatch(new RegExp(`\r\n${header}`, 'i'));
    expect(response).toMatch(new RegExp(`"code":"${code}","traceId":"[0-9a-f]{32}"`));
    const [[, process]] = processes() as [[string, Client]];
    expect((await process.get('/health/live')).status).toBe(200);
  });

  it('answers a request that waits for 100-continue', async () => {
    const body = JSON.stringify({ email: 'a@example.com', password: 'wrong' });
    const head = `POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/json\r\n`;
    const response = await sendRaw(`${head}Connection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    expect(response).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 (401|404) /);
  });

  it('does not take a body where nothing is written', async () => {
    const { hostname, port } = new URL(api.url);
    const send = (body: string, header = true) =>
      new Promise<number | undefined>((done, failed) => {
        const sent = request({ hostname, port, path: '/v1/posts', method: 'GET' }, (response) => {
          response.resume().on('end', () => done(response.statusCode));
        }).on('error', failed);
        if (header) sent.setHeader('content-length', body.length);
        else sent.setHeader('transfer-encoding', 'chunked');
        sent.end(body);
      });
    expect([await send('{"a":1}'), await send('{}'), await send('{"a":1}', false)]).toEqual([400, 200, 400]);
  });
});

describe('A trace', () => {
  it('is continued, and its id is in responses and problems', async () => {
    const traceId = randomBytes(16).toString('hex');
    const headers = { traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01` };
    expect((await api.get('/v1/posts', { headers })).headers.get('x-trace-id')).toBe(traceId);
    const problem = await api.get('/v1/posts/none', { headers });
    expect(problem.body.traceId).toBe(traceId);
  });

  it('is started if no valid traceparent was sent', async () => {
    for (const traceparent of [
      '',
      'nonsense',
      `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01-more`,
      `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`,
      'ff-1-2-3',
    ]) {
      const reply = await api.get('/v1/posts', { headers: traceparent ? { traceparent } : {} });
      expect(reply.headers.get('x-trace-id')).toMatch(/^(?!0{32}|a{32})[0-9a-f]{32}$/);
    }
  });
});

describe('An ETag', () => {
  let id: string;
  let etag: string;

  beforeAll(async () => {
    const post = await write({ body: { title: 'T', body: 'B', status: 'published' } });
    id = post.body.data.id;
    etag = post.headers.get('etag') ?? '';
  });

  const read = (headers: Record<string, string> = {}, token = person.token) =>
    api.get(`/v1/posts/${id}`, { token, headers });
  const edit = (ifMatch: string) =>
    api.patch(`/v1/posts/${id}`, { summary: randomUUID() }, { token: person.token, headers: { 'if-match': ifMatch } });

  it('identifies the version and the representation for this viewer', async () => {
    const own = await read();
    expect(own.headers.get('etag')).toBe(etag);
    expect(etag).toMatch(/^"1-[\w-]+"$/);
    expect(own.headers.get('vary')).toContain('Authorization');
    const anonymous = await api.get(`/v1/posts/${id}`);
    expect(anonymous.headers.get('etag')).toMatch(/^"1-[\w-]+"$/);
    expect(anonymous.headers.get('etag')).not.toBe(etag);
  });

  it('in If-None-Match gives 304 without a body if it matches', async () => {
    for (const value of [etag, `W/${etag}`, `"0-x", ${etag}`, '*']) {
      const reply = await read({ 'if-none-match': value });
      expect([reply.status, reply.text, reply.headers.get('etag'), value]).toEqual([304, '', etag, value]);
    }
    const head = await api.send('HEAD', `/v1/posts/${id}`, { token: person.token, headers: { 'if-none-match': etag } });
    expect(head.status).toBe(304);
    for (const value of ['"1-other"', '"0-x"', etag.replaceAll('"', '')]) {
      expect((await read({ 'if-none-match': value })).status).toBe(200);
    }
  });

  it('of a list and of the keys is that of its bytes', async () => {
    const paths = [
      `/v1/posts?author=${person.id}`,
      `/v1/posts?author=${person.id}&cursor=`,
      `/v1/users/${person.id}/followers`,
      '/v1/categories',
      '/v1/auth/account',
      '/.well-known/jwks.json',
    ];
    for (const path of paths) {
      const first = await api.get(path, { token: person.token });
      const tag = first.headers.get('etag') ?? '';
      expect([path, first.status, tag]).toEqual([path, 200, expect.stringMatching(/^"[\w-]{16}"$/)]);
      const headers = { 'if-none-match': tag };
      const again = await api.get(path, { token: person.token, headers });
      expect([path, again.status, again.text, again.headers.get('etag')]).toEqual([path, 304, '', tag]);
      const head = await api.send('HEAD', path, { token: person.token });
      expect([path, head.status, head.headers.get('etag')]).toEqual([path, 200, tag]);
    }
    const list = `/v1/posts?author=${person.id}`;
    const before = (await api.get(list)).headers.get('etag') ?? '';
    await write({ body: { title: 'Another', body: 'B', status: 'published' } });
    expect((await api.get(list, { headers: { 'if-none-match': before } })).status).toBe(200);
  });

  it('in If-Match guards a write by its version only', async () => {
    for (const [version, form] of [
      [1, (tag: string) => tag],
      [2, (tag: string) => `W/${tag}`],
      [3, (tag: string) => tag.replace(/"$/, '-gzip"')],
      [4, (tag: string) => `"0-x", ${tag}`],
      [5, () => '*'],
      [6, () => '"6-of-another-viewer"'],
    ] as const) {
      const current = (await read()).headers.get('etag') ?? '';
      expect(current.startsWith(`"${version}-`)).toBe(true);
      expect((await edit(form(current))).status).toBe(200);
    }
    for (const stale of [etag, '"1-x"', '"nonsense"', '"70-x"'])
      expectProblem(await edit(stale), 412, 'PRECONDITION_FAILED');
  });

  it('in If-Match guards a profile, too', async () => {
    const { headers } = await api.get('/v1/users/me', { token: person.token });
    const tag = headers.get('etag') ?? '';
    const change = (bio: string) =>
      api.patch('/v1/users/me', { bio }, { token: person.token, headers: { 'if-match': tag } });
    expect((await change('one')).status).toBe(200);
    expectProblem(await change('two'), 412, 'PRECONDITION_FAILED');
  });
});

describe('An Idempotency-Key', () => {
  const post = { title: 'Once', body: 'B', status: 'published' };
  const once = (key: string, body: unknown = post, token = person.token) =>
    api.post('/v1/posts', body, { token, headers: { 'idempotency-key': key } });
  const count = async (title: string) => {
    const { data } = (await api.get(`/v1/posts?author=${person.id}&limit=100`)).body;
    return data.filter((each) => each.title === title).length;
  };

  it('replays the first response byte for byte', async () => {
    const key = randomUUID();
    const [first, second] = [await once(key, { ...post, title: key }), await once(key, { ...post, title: key })];
    expect(first.status).toBe(201);
    expect([second.status, second.text]).toEqual([201, first.text]);
    for (const name of ['location', 'etag', 'consistency-token', 'content-type', 'vary']) {
      expect([name, second.headers.get(name)]).toEqual([name, first.headers.get(name)]);
    }
    expect(await count(key)).toBe(1);
  });

  it('is scoped to account, method and route', async () => {
    const key = randomUUID();
    const other = await api.person();
    expect((await once(key)).body.data.id).not.toBe((await once(key, post, other.token)).body.data.id);
    const draft = (await write({ body: { title: 'T', body: 'B' } })).body.data;
    const publish = () =>
      api.post(`/v1/posts/${draft.id}/publish`, undefined, {
        token: person.token,
        headers: { 'idempotency-key': key },
      });
    const [first, second] = [await publish(), await publish()];
    expect([first.status, second.status, second.text]).toEqual([200, 200, first.text]);
  });

  it('with another body is 422', async () => {
    const key = randomUUID();
    await once(key);
    expectProblem(await once(key, { ...post, title: 'Other' }), 422, 'IDEMPOTENCY_KEY_REUSED');
  });

  it('creates one post from concurrent requests', async () => {
    const key = randomUUID();
    const replies = await Promise.all(Array.from({ length: 12 }, () => once(key, { ...post, title: key })));
    const statuses = new Set(replies.map((reply) => reply.status));
    expect([...statuses].filter((status) => status !== 201 && status !== 409)).toEqual([]);
    expect(statuses).toContain(201);
    for (const reply of replies.filter(({ status }) => status === 409)) {
      expectProblem(reply, 409, 'IDEMPOTENCY_KEY_IN_FLIGHT');
      expect(reply.headers.get('retry-after')).toBe('1');
    }
    expect(await count(key)).toBe(1);
  });

  it('does not let concurrent requests block each other’s database connections', async () => {
    const replies = await Promise.all(Array.from({ length: 40 }, () => once(randomUUID())));
    expect(replies.filter((reply) => reply.status !== 201)).toEqual([]);
  });

  it('does not store an error response', async () => {
    const key = randomUUID();
    expect((await once(key, { title: '' })).status).toBe(400);
    expect((await once(key)).status).toBe(201);
  });

  it('that is malformed is 400', async () => {
    for (const key of ['with space', 'x'.repeat(256), 'ümlaut']) {
      const headers = { 'idempotency-key': Buffer.from(key).toString('latin1') };
      expectProblem(
        await api.post('/v1/posts', post, { token: person.token, headers }),
        400,
        'IDEMPOTENCY_KEY_INVALID',
      );
    }
  });

  it('never stores a response with secrets', async () => {
    const options = { token: person.token, headers: { 'idempotency-key': randomUUID() } };
    const login = () => api.post('/v1/auth/login', { email: person.email, password: person.password }, options);
    const [first, second] = [await login(), await login()];
    expect(first.headers.get('cache-control')).toBe('no-store');
    expect(second.body.data.refreshToken).not.toBe(first.body.data.refreshToken);
  });
});

describe('A Consistency-Token', () => {
  const ask = (token: string, path = '/v1/posts') => api.get(path, { headers: { 'consistency-token': token } });
  const make = (pairs: unknown) => Buffer.from(JSON.stringify(pairs)).toString('base64url');

  it('makes any service wait until the write has taken effect there', async () => {
    for (let round = 0; round < 5; round++) {
      const renamed = await api.patch('/v1/users/me', { displayName: `Name ${round}` }, { token: person.token });
      const headers = { 'consistency-token': tokenOf(renamed) };
      const post = await api.post('/v1/posts', { title: 'T', body: 'B' }, { token: person.token, headers });
      expect(post.body.data.author.displayName).toBe(`Name ${round}`);
    }
  });

  it('covers the follow-up events of a registration', async () => {
    const fresh = await api.person('Fresh');
    const headers = { 'consistency-token': fresh.consistency };
    expect((await api.get(`/v1/users/${fresh.id}`, { headers })).status).toBe(200);
    const { data } = (await api.get('/v1/notifications', { token: fresh.token, headers })).body;
    expect(data.map((each) => each.type)).toEqual(['welcome']);
  });

  it('may be one of several, and may name an unknown event type', async () => {
    const renamed = await api.patch('/v1/users/me', { displayName: 'Several' }, { token: person.token });
    const unknown = make([['somebody.elses.event.v9', uuidv7()]]);
    expect((await ask(`${tokenOf(renamed)}, ${person.consistency},${unknown},`)).status).toBe(200);
  });

  it('counts as seen when it is older than a day', async () => {
    const yesterday = uuidv7({ msecs: Date.now() - 86_400_001 });
    expect((await ask(make([['users.user.updated.v1', yesterday]]))).status).toBe(200);
  });

  it('for an event that never takes effect is 503 after two seconds', async () => {
    const reply = await ask(make([['users.user.updated.v1', uuidv7()]]));
    expectProblem(reply, 503, 'NOT_CAUGHT_UP');
    expect(reply.headers.get('retry-after')).toBe('1');
  });

  it('from the future is awaited like any other: a clock may have been set back', async () => {
    const ahead = make([['users.user.updated.v1', uuidv7({ msecs: Date.now() + 3_600_000 })]]);
    expectProblem(await ask(ahead), 503, 'NOT_CAUGHT_UP');
  });

  it('never gets a stale cache entry, even if other readers have filled the cache', async () => {
    const { body } = await api.post(
      '/v1/posts',
      { title: 'T', body: 'B', status: 'published' },
      { token: person.token },
    );
    const stale: string[] = [];
    for (let round = 0; round < 150; round++) {
      // Fills the cache.
      await api.get(`/v1/posts/${body.data.id}`);
      const displayName = `Round ${round}`;
      const renamed = await api.patch('/v1/users/me', { displayName }, { token: person.token });
      const read = await ask(tokenOf(renamed), `/v1/posts/${body.data.id}`);
      if (read.body.data.author.displayName !== displayName) stale.push(read.body.data.author.displayName);
    }
    expect(stale).toEqual([]);
  });

  it('that is malformed is 400', async () => {
    const pair = ['users.user.updated.v1', uuidv7()];
    const tooMany = make(Array.from({ length: 17 }, () => pair));
    for (const token of [
      'x',
      '',
      'a,b',
      make({}),
      make([]),
      make([['t', 'no-id']]),
      make([[7, uuidv7()]]),
      tooMany,
      Array.from({ length: 5 }, () => make([pair])).join(),
    ]) {
      expectProblem(await ask(token), 400, 'CONSISTENCY_TOKEN_INVALID');
    }
    expect((await ask(make(Array.from({ length: 16 }, () => ['unknown', uuidv7()])))).status).toBe(200);
  });
});

describe('Operations', () => {
  it('report liveness, readiness and startup of every process', async () => {
    for (const [name, process] of processes()) {
      const live = await process.get('/health/live');
      expect([live.headers.get('x-served-by'), live.body]).toEqual([name, { status: 'ok', missing: [] }]);
      expect((await process.get('/health/ready')).body).toEqual({ status: 'ok' });
      expect((await process.get('/health/ready?verbose')).body).toEqual({ status: 'ok', missing: [] });
      expect((await process.get('/health/startup')).status).toBe(200);
    }
  });

  it('describe every route, with its responses and problems', async () => {
    const document = (await api.get('/openapi.json')).body as unknown as {
      paths: Record<
        string,
        Record<string, { operationId: string; summary: string; responses: Record<string, unknown> }>
      >;
    };
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(routes.sort()).toEqual([
      'DELETE /v1/auth/sessions',
      'DELETE /v1/auth/sessions/{id}',
      'DELETE /v1/categories/{id}',
      'DELETE /v1/comments/{id}',
      'DELETE /v1/posts/{id}',
      'DELETE /v1/posts/{id}/like',
      'DELETE /v1/users/{id}/follow',
      'GET /.well-known/jwks.json',
      'GET /v1/auth/account',
      'GET /v1/auth/sessions',
      'GET /v1/auth/status',
      'GET /v1/authors/top',
      'GET /v1/categories',
      'GET /v1/categories/{id}',
      'GET /v1/comments/{id}',
      'GET /v1/feed',
      'GET /v1/notifications',
      'GET /v1/notifications/preferences',
      'GET /v1/notifications/status',
      'GET /v1/posts',
      'GET /v1/posts/status',
      'GET /v1/posts/{id}',
      'GET /v1/posts/{id}/comments',
      'GET /v1/tags',
      'GET /v1/users',
      'GET /v1/users/me',
      'GET /v1/users/status',
      'GET /v1/users/{idOrHandle}',
      'GET /v1/users/{id}/followers',
      'GET /v1/users/{id}/following',
      'GET /v1/users/{id}/posts',
      'PATCH /v1/categories/{id}',
      'PATCH /v1/comments/{id}',
      'PATCH /v1/notifications/{id}',
      'PATCH /v1/posts/{id}',
      'PATCH /v1/users/me',
      'POST /v1/auth/login',
      'POST /v1/auth/logout',
      'POST /v1/auth/refresh',
      'POST /v1/auth/register',
      'POST /v1/categories',
      'POST /v1/notifications/read-all',
      'POST /v1/posts',
      'POST /v1/posts/{id}/comments',
      'POST /v1/posts/{id}/publish',
      'POST /v1/posts/{id}/unpublish',
      'PUT /v1/notifications/preferences',
      'PUT /v1/posts/{id}/like',
      'PUT /v1/users/{id}/follow',
    ]);
    const operations = Object.entries(document.paths)
      .filter(([path]) => path.startsWith('/v1'))
      .flatMap(([, methods]) => Object.values(methods));
    for (const { operationId, summary, responses } of operations) {
      expect(summary).not.toBe('');
      expect([operationId, Object.keys(responses)]).toEqual([
        operationId,
        expect.arrayContaining(['400', '401', '429', '503']),
      ]);
    }
  });

  it('serve a page to try the API', async () => {
    const page = await api.get('/docs');
    expect(page.status).toBe(200);
    expect(page.text).toContain('Twofold API');
  });
});
