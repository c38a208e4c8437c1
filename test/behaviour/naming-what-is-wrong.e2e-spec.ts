import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Person, type Reply, tokenOf } from '../support/platform/client.js';
import { platform } from '../support/platform/story.js';

const api = platform();
let person: Person;

beforeAll(async () => {
  person = await api.person('Careful', `careful_${randomUUID().slice(0, 8)}`);
  await api.get('/v1/users/me', { token: person.token });
});

const faults = (reply: Reply) => reply.body.errors.map((error) => [error.in, error.path, error.code]);

describe('A validation error', () => {
  it.each([
    ['a body', [], [['body', '', 'wrong_type']]],
    ['null', 'null', [['body', '', 'wrong_type']]],
    ['required', { body: 'B' }, [['body', '/title', 'required']]],
    ['an empty text', { title: 'T', body: '' }, [['body', '/body', 'too_short']]],
    ['a long text', { title: 'x'.repeat(201), body: 'B' }, [['body', '/title', 'too_long']]],
    [
      'a wrong type',
      { title: 1, body: 'B', status: 7, tags: 'a' },
      ['/title', '/tags', '/status'].map((path) => ['body', path, 'wrong_type']),
    ],
    ['a wrong value', { title: 'T', body: 'B', status: 'x' }, [['body', '/status', 'invalid']]],
    [
      'many',
      { title: 'T', body: 'B', tags: Array.from({ length: 11 }, (_, n) => `t${n}`) },
      [['body', '/tags', 'too_many']],
    ],
    ['an entry', { title: 'T', body: 'B', tags: ['a', 'x,y'] }, [['body', '/tags/1', 'invalid']]],
    [
      'unknown',
      { title: 'T', body: 'B', foo: 1, 'a/b~c': 2 },
      [
        ['body', '/foo', 'unknown'],
        ['body', '/a~1b~0c', 'unknown'],
      ],
    ],
    [
      'unknown, like a part of an object',
      { title: 'T', body: 'B', constructor: 1, prototype: {} },
      [
        ['body', '/constructor', 'unknown'],
        ['body', '/prototype', 'unknown'],
      ],
    ],
    ['not there', { title: 'T', body: 'B', categoryId: randomUUID() }, [['body', '/categoryId', 'not_found']]],
    ['not a UUID', { title: 'T', body: 'B', categoryId: 'x' }, [['body', '/categoryId', 'invalid']]],
  ])('says where it is and what kind: %s', async (_name, body, expected) => {
    const sent = typeof body === 'string' ? { raw: body } : { body };
    const reply = await api.send('POST', '/v1/posts', { token: person.token, ...sent });
    expect([reply.status, reply.body.code, faults(reply)]).toEqual([400, 'VALIDATION_FAILED', expected]);
    for (const { message } of reply.body.errors) expect(message).toMatch(/^(?!.*(expected|received|Invalid))[a-z]/);
  });

  it('has at most 50 entries', async () => {
    const body = Object.fromEntries(Array.from({ length: 80 }, (_, n) => [`unknown${n}`, n]));
    const reply = await api.post('/v1/posts', { title: 'T', body: 'B', ...body }, { token: person.token });
    expect(faults(reply)).toHaveLength(50);
  });

  it('of a nested field has its whole path', async () => {
    const change = { mention: { sms: true } };
    const reply = await api.send('PUT', '/v1/notifications/preferences', { body: change, token: person.token });
    expect(faults(reply)).toEqual([['body', '/mention/sms', 'unknown']]);
  });

  it.each([
    ['limit=0', [['query', '/limit', 'too_small']]],
    ['limit=101', [['query', '/limit', 'too_large']]],
    ['limit=x', [['query', '/limit', 'wrong_type']]],
    ['sort=size', [['query', '/sort', 'invalid']]],
    ['tag=a&tag=b', [['query', '/tag', 'wrong_type']]],
    [
      'foo=1&bar=2',
      [
        ['query', '/foo', 'unknown'],
        ['query', '/bar', 'unknown'],
      ],
    ],
    ['__proto__=1', [['query', '/__proto__', 'unknown']]],
    ['a%2Fb=1', [['query', '/a/b', 'unknown']]],
    ['constructor=1', [['query', '/constructor', 'unknown']]],
    ['prototype=1', [['query', '/prototype', 'unknown']]],
  ])('names parameters of a query: %s', async (query, expected) => {
    const reply = await api.get(`/v1/posts?${query}`);
    expect([reply.status, faults(reply)]).toEqual([400, expected]);
  });

  it.each([
    ['GET', '/v1/users/me'],
    ['GET', '/v1/users/ada'],
    ['GET', '/v1/auth/account'],
    ['POST', '/v1/auth/login'],
    ['POST', '/v1/posts'],
    ['POST', '/v1/notifications/read-all'],
    ['PATCH', '/v1/users/me'],
  ])('refuses unknown parameters where none are known: %s %s', async (method, path) => {
    for (const name of ['foo', '__proto__', 'constructor']) {
      const reply = await api.send(method, `${path}?${name}=1`, { token: person.token });
      expect([name, reply.status, faults(reply)]).toEqual([name, 400, [['query', `/${name}`, 'unknown']]]);
    }
  });

  it('does not pass on what a library says', async () => {
    const broken = await api.send('POST', '/v1/posts', { token: person.token, raw: '{"title":' });
    const undecodable = await api.get('/v1/posts/%zz?secret=1');
    expect([broken.body.detail, undecodable.body.detail]).toEqual([
      'The body is not valid JSON.',
      'The path is not valid.',
    ]);
  });
});

describe('A body', () => {
  const send = (method: string, path: string, type: string) =>
    api.send(method, path, { token: person.token, raw: '{"bio":"b"}', headers: { 'content-type': type } });

  it('may be a merge patch with PATCH only', async () => {
    expect((await send('PATCH', '/v1/users/me', 'application/merge-patch+json')).status).toBe(200);
    expect((await send('POST', '/v1/posts', 'application/merge-patch+json')).status).toBe(415);
  });

  it('is UTF-8, and a refusal says what is accepted', async () => {
    for (const type of ['charset="UTF-8"', 'x="; charset=latin1"', 'Charset=utf8; x=y'])
      expect((await send('PATCH', '/v1/users/me', `application/json; ${type}`)).status).toBe(200);
    for (const charset of ['iso-8859-1', 'utf-16']) {
      const { status, headers } = await send('PATCH', '/v1/users/me', `application/json; charset=${charset}`);
      expect([status, headers.get('accept'), headers.get('accept-patch')]).toEqual([
        415,
        'application/json',
        'application/json, application/merge-patch+json',
      ]);
    }
  });

  it.each(['[]', 'null', '7', '{"a":1}'])('is refused where none is taken: %s', async (raw) => {
    const { id } = (await api.post('/v1/posts', { title: 'T', body: 'B' }, { token: person.token })).body.data;
    const publish = (body: string) => api.send('POST', `/v1/posts/${id}/publish`, { token: person.token, raw: body });
    expect(faults(await publish(raw))).toEqual([['body', '', 'unknown']]);
    expect((await publish('{}')).status).toBe(200);
  });
});

describe('A cursor', () => {
  it('belongs to its list and filters', async () => {
    for (const title of ['One', 'Two'])
      await api.post('/v1/posts', { title, body: 'B', status: 'published', tags: ['paged'] }, { token: person.token });
    const { nextCursor } = (await api.get('/v1/posts?tag=paged&limit=1&cursor=')).body.meta;
    const cursor = `cursor=${nextCursor}`;
    expect((await api.get(`/v1/posts?tag=paged&limit=5&${cursor}`)).body.data).not.toHaveLength(0);
    for (const path of [
      `/v1/posts?${cursor}`,
      `/v1/posts?tag=other&${cursor}`,
      `/v1/posts?tag=paged&author=ada&${cursor}`,
    ]) {
      const reply = await api.get(path);
      expect([path, reply.status, faults(reply)]).toEqual([path, 400, [['query', '/cursor', 'invalid']]]);
    }
  });
});

describe('A precondition', () => {
  it('guards publication, is refused if it cannot be read, and may be that nothing matches', async () => {
    const { body, headers } = await api.post('/v1/posts', { title: 'T', body: 'B' }, { token: person.token });
    const at = `/v1/posts/${body.data.id}`;
    const tag = headers.get('etag') ?? '';
    const act = (method: string, path: string, name: string, value: string) =>
      api.send(method, path, { token: person.token, headers: { [name]: value } });
    expect((await act('POST', `${at}/publish`, 'if-match', '"99-x"')).status).toBe(412);
    expect((await act('POST', `${at}/publish`, 'if-match', tag)).status).toBe(200);
    expect((await act('POST', `${at}/unpublish`, 'if-match', tag)).status).toBe(412);
    for (const header of ['if-match', 'if-none-match']) {
      for (const value of ['nonsense', '1', '"1-x', 'W/1', '"a" "b"', '*, "x"', ',', 'x "1-a"']) {
        const reply = await act('DELETE', at, header, value);
        expect([value, reply.status, faults(reply)]).toEqual([value, 400, [['header', `/${header}`, 'invalid']]]);
      }
    }
    expect((await act('DELETE', at, 'if-match', ', "7-x",, "8-x",')).status).toBe(412);
    expect((await act('DELETE', at, 'if-none-match', '*')).status).toBe(412);
    expect((await act('DELETE', at, 'if-none-match', '"2-x"')).status).toBe(412);
    expect((await act('DELETE', at, 'if-none-match', '"1-x"')).status).toBe(204);
  });
});

describe('An Idempotency-Key', () => {
  it('may be in quotes, and a replay says that it is one', async () => {
    const key = randomUUID();
    const post = (header: string) =>
      api.post('/v1/posts', { title: 'T', body: 'B' }, { token: person.token, headers: { 'idempotency-key': header } });
    const [first, second, other] = [await post(key), await post(`"${key}"`), await post('"a b"')];
    const replayed = [first, second, other].map(({ headers }) => headers.get('idempotency-replayed'));
    expect(replayed).toEqual([null, 'true', null]);
    expect([second.body.data.id, other.status]).toEqual([first.body.data.id, 201]);
    for (const wrong of ['"open', '""', `"${'x'.repeat(256)}"`]) expect((await post(wrong)).status).toBe(400);
  });
});

describe('A name in a path', () => {
  it('may be a handle or me on every route of a user, and a slug on the comments of a post', async () => {
    const { handle } = (await api.get('/v1/users/me', { token: person.token })).body.data;
    const fan = await api.personWithProfile('Fan', `fan_${randomUUID().slice(0, 8)}`);
    const followed = await api.put(`/v1/users/${handle.toUpperCase()}/follow`, { token: fan.token });
    expect(followed.status).toBe(204);
    const headers = { 'consistency-token': tokenOf(followed) };
    const followers = await api.get(`/v1/users/${handle}/followers`, { headers });
    expect(followers.body.data.map(({ id }) => id)).toEqual([fan.id]);
    const following = await api.get('/v1/users/me/following', { token: fan.token, headers });
    expect(following.body.data.map(({ id }) => id)).toEqual([person.id]);
    for (const name of ['me', handle])
      expect((await api.put(`/v1/users/${name}/follow`, { token: person.token })).status).toBe(409);
    expect((await api.delete(`/v1/users/${handle}/follow`, { token: fan.token })).status).toBe(204);

    const post = { title: 'Named', body: 'B', status: 'published' };
    const { slug, id } = (await api.post('/v1/posts', post, { token: person.token })).body.data;
    const mine = (await api.get('/v1/users/me/posts?limit=100', { token: person.token })).body.data;
    expect(mine.map((each) => each.id)).toContain(id);
    const comment = await api.post(`/v1/posts/${slug}/comments`, { body: 'C' }, { token: person.token });
    expect([comment.status, comment.body.data.postId]).toEqual([201, id]);
    expect((await api.get(`/v1/posts/${slug}/comments`)).body.data).toHaveLength(1);
    for (const path of ['me/followers', 'me/following', 'me/posts'])
      expect((await api.get(`/v1/users/${path}`)).status).toBe(401);
    expect((await api.get('/v1/users/nobody_has_this/followers')).status).toBe(404);
    expect((await api.get('/v1/posts/no-such-slug/comments')).status).toBe(404);
  });
});
