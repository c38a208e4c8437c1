import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { Client, type Person, type Reply } from '../support/platform/client.js';
import { eventually } from '../support/eventually.js';
import { allDelivered } from '../support/platform/all-delivered.js';
import { type Platform, startPlatform } from '../support/platform/platform.js';

const ORIGIN = 'https://app.example';
const PER_MINUTE = 60;

/**
 * A post that is cached is answered before Fastify and Nest see the request; the same path with a letter percent-encoded is not.
 * So each answer is compared with that of the whole pipeline.
 */
describe('A cached post', () => {
  let platform: Platform;
  let api: Client;
  let author: Person;
  let fan: Person;
  let id: string;
  let slug: string;
  let addresses = 0;

  beforeAll(async () => {
    platform = await startPlatform({
      LOG_LEVEL: 'info',
      CORS_ORIGINS: ORIGIN,
      RATE_LIMIT: 'on',
      RATE_LIMIT_PER_MINUTE: String(PER_MINUTE),
      TRUSTED_PROXIES: '127.0.0.0/8',
    });
    api = new Client(platform.url);
    [author, fan] = [await api.person('Author'), await api.person('Fan')];
    const post = { title: 'Cached «é»', body: 'Read *often*.', status: 'published' };
    ({ id, slug } = (await api.post('/v1/posts', post, { token: author.token })).body.data);
    await api.put(`/v1/posts/${id}/like`, { token: fan.token });
    await allDelivered(platform);
  });

  afterAll(() => platform.stop());

  const usual = (name: string) => `/v1/posts/${name}`;
  const encoded = (name: string) => `/v1/posts/%${name.charCodeAt(0).toString(16)}${name.slice(1)}`;
  /** Each address has an allowance of its own. */
  const from = (address: number) => ({ 'x-forwarded-for': `203.0.113.${address}` });

  interface Asked {
    readonly token?: string;
    readonly headers?: Record<string, string>;
  }

  async function ask(path: string, { token, headers }: Asked, address = ++addresses): Promise<Reply> {
    return api.get(path, { token, headers: { ...headers, ...from(address) } });
  }

  /** The answer to the second of two equal requests, when all is in the cache. */
  async function again(path: string, asked: Asked): Promise<Reply> {
    await ask(path, asked);
    return ask(path, asked);
  }

  /** All that a client sees, except what differs between any two requests; of a problem also without its path. */
  function seen({ status, text, body, headers }: Reply) {
    const own = new Set([
      'date',
      'x-trace-id',
      'ratelimit',
      ...(status < 400 ? [] : ['content-length', 'retry-after']),
    ]);
    const { instance: _path, traceId: _id, ...problem } = body;
    const shown = status < 400 ? text : { ...problem, detail: problem.detail.replace(/\d+ s\.$/, '') };
    return { status, shown, headers: Object.fromEntries([...headers].filter(([name]) => !own.has(name))) };
  }

  /** Of the series that begin so, in all processes. */
  async function sumOf(series: string): Promise<number> {
    const texts = await Promise.all(Object.values(platform.operations).map((url) => new Client(url).get('/metrics')));
    const lines = texts.flatMap(({ text }) => text.split('\n').filter((line) => line.startsWith(series)));
    return lines.reduce((sum, line) => sum + Number(/\} (\d+)/.exec(line)?.[1]), 0);
  }

  const askers: Record<string, () => Asked> = {
    'an anonymous reader': () => ({}),
    'the author': () => ({ token: author.token }),
    'a reader who likes it': () => ({ token: fan.token }),
    'a page of an allowed origin': () => ({ headers: { origin: ORIGIN } }),
    'a page of another origin': () => ({ headers: { origin: 'https://elsewhere.example' } }),
    'a client that closes the connection': () => ({ headers: { connection: 'close' } }),
    'a client with a malformed token': () => ({ token: 'x.y.z' }),
    'a client with another kind of authorization': () => ({ headers: { authorization: 'Basic YTpi' } }),
    'a client with any ETag': () => ({ headers: { 'if-none-match': '*' } }),
    'a client with another ETag': () => ({ headers: { 'if-none-match': '"1-other", W/"2-other"' } }),
  };

  it.each(Object.entries(askers))('is shown to %s as the pipeline shows it, by id and by slug', async (_, asker) => {
    const asked = asker();
    for (const name of [id, slug]) {
      const replies = [await again(usual(name), asked), await again(encoded(name), asked)];
      expect(seen(replies[0] as Reply)).toEqual(seen(replies[1] as Reply));
    }
  });

  it('is not sent again to who has it', async () => {
    for (const asked of [{}, { token: fan.token }]) {
      const { headers } = await again(usual(id), asked);
      const etag = headers.get('etag') ?? '';
      const replies = await Promise.all(
        [usual(id), encoded(id)].map((path) => ask(path, { ...asked, headers: { 'if-none-match': `W/${etag}` } })),
      );
      expect(replies.map(({ status, text }) => [status, text])).toEqual([
        [304, ''],
        [304, ''],
      ]);
      expect(seen(replies[0] as Reply)).toEqual(seen(replies[1] as Reply));
    }
  });

  it('continues the trace of its reader, in the response and in the log', async () => {
    const traceId = randomBytes(16).toString('hex');
    const headers = { traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-00` };
    await again(usual(id), { token: fan.token });
    const { headers: sent } = await ask(usual(id), { token: fan.token, headers });
    expect(sent.get('x-trace-id')).toBe(traceId);
    const line = await eventually('it is logged', () =>
      Promise.resolve(
        platform
          .output()
          .split('\n')
          .find((each) => each.includes(traceId)),
      ),
    );
    expect(JSON.parse(line)).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-/),
      service: sent.get('x-served-by'),
      traceId,
      context: 'http',
      method: 'GET',
      route: '/v1/posts/:id',
      status: 200,
      ms: expect.any(Number),
      account: fan.id,
      msg: expect.stringMatching(/^GET \/v1\/posts\/:id 200 \d+ ms$/),
    });
  });

  it('is answered before the framework: to somebody logged in it counts as one read of the cache, there as two', async () => {
    const hits = () => sumOf('twofold_cache_reads_total{service="posts",result="hit"');
    for (const [path, reads] of [
      [usual(slug), 1],
      [encoded(slug), 2],
    ] as const) {
      await again(path, { token: fan.token });
      const before = await hits();
      await ask(path, { token: fan.token });
      expect((await hits()) - before).toBe(reads);
    }
  });

  it('counts as a request of its route', async () => {
    const answered = () =>
      sumOf(
        'http_server_request_duration_seconds_count{service="posts",http_request_method="GET",http_route="/v1/posts/:id",http_response_status_code="200"',
      );
    await again(usual(id), {});
    const before = await answered();
    for (let request = 0; request < 3; request++) await ask(usual(id), {});
    await eventually('they are counted', async () => (await answered()) - before >= 3);
    expect((await answered()) - before).toBe(3);
  });

  it('counts against the allowances of the address and of the account, once, and is refused beyond', async () => {
    const reader = await api.person('Busy');
    await again(usual(id), { token: reader.token });
    const [limited, counted] = [++addresses, ++addresses];
    const remaining = async (path: string, asked: Asked, address: number) => {
      const { status, headers } = await ask(path, asked, address);
      return [status, ...(headers.get('ratelimit') ?? '').matchAll(/"(\w+)";r=(\d+)/g)].flatMap((each) =>
        typeof each === 'number' ? [each] : [each[1], Number(each[2])],
      );
    };
    const [first, second] = [
      await remaining(usual(id), { token: reader.token }, counted),
      await remaining(encoded(id), { token: reader.token }, counted),
    ];
    expect(first).toEqual([200, 'address', PER_MINUTE - 1, 'account', expect.any(Number)]);
    expect(second).toEqual([200, 'address', PER_MINUTE - 2, 'account', Number(first[4]) - 1]);
    for (let request = 0; request < PER_MINUTE; request++) await ask(usual(id), {}, limited);
    const refused = [await ask(usual(id), {}, limited), await ask(encoded(id), {}, limited)];
    const [cached, whole] = refused.map(seen);
    expect(cached).toEqual(whole);
    expect(cached).toMatchObject({ status: 429, shown: { code: 'RATE_LIMITED' } });
    for (const { headers, body } of refused) {
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(body.traceId).toBe(headers.get('x-trace-id'));
    }
  });

  it('shows a like, its withdrawal, an edit and its withdrawal as soon as they are answered', async () => {
    const shown = async (person?: Person) => {
      const { status, body } = await ask(usual(id), person ? { token: person.token } : {});
      return status === 200 ? [body.data.likes, body.data.likedByMe, body.data.title] : status;
    };
    const reader = await api.person('Changing');
    const token = { token: reader.token };
    const { title } = (await again(usual(id), token)).body.data;
    const steps: [() => Promise<Reply>, unknown[]][] = [
      [() => api.put(`/v1/posts/${id}/like`, token), [2, true, title]],
      [() => api.delete(`/v1/posts/${id}/like`, token), [1, false, title]],
      [() => api.put(`/v1/posts/${id}/like`, token), [2, true, title]],
      [() => api.patch(`/v1/posts/${id}`, { title: 'Edited' }, { token: author.token }), [2, true, 'Edited']],
    ];
    for (const [change, expected] of steps) {
      for (let times = 0; times < 3; times++) await shown(reader);
      expect((await change()).status).toBeLessThan(300);
      expect(await shown(reader)).toEqual(expected);
      expect(await shown(reader)).toEqual(expected);
    }
    expect((await api.post(`/v1/posts/${id}/unpublish`, undefined, { token: author.token })).status).toBe(200);
    expect([await shown(), await shown(reader), await shown(author)]).toEqual([404, 404, [2, false, 'Edited']]);
    expect((await api.post(`/v1/posts/${id}/publish`, undefined, { token: author.token })).status).toBe(200);
    expect([await shown(), await shown(reader)]).toEqual([
      [2, undefined, 'Edited'],
      [2, true, 'Edited'],
    ]);
  });

  it('shows a like whose commit was not answered, once it is repeated', async () => {
    const reader = await api.person('Unlucky');
    const asked = { token: reader.token };
    const liked = async () => (await again(usual(id), asked)).body.data.likedByMe;
    expect(await liked()).toBe(false);
    const database = new pg.Client({ connectionString: platform.databases.posts });
    await database.connect();
    await database.query('insert into posts.likes (post_id, account_id) values ($1, $2)', [id, reader.id]);
    await database.end();
    expect((await api.put(`/v1/posts/${id}/like`, asked)).status).toBe(204);
    expect(await liked()).toBe(true);
  });

  it('is no longer shown to a session that has ended', async () => {
    const reader = await api.person('Leaving');
    const asked = { token: reader.token };
    expect((await again(usual(id), asked)).status).toBe(200);
    expect((await api.post('/v1/auth/logout', undefined, asked)).status).toBe(204);
    const refused = await eventually('the session has ended', async () => {
      const reply = await ask(usual(id), asked);
      return reply.status !== 200 && reply;
    });
    expect([refused.status, refused.body.code]).toEqual([401, 'SESSION_ENDED']);
  });
});
