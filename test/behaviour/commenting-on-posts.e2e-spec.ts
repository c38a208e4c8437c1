import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Person } from '../support/platform/client.js';
import { eventually } from '../support/eventually.js';
import { platform } from '../support/platform/story.js';

const api = platform();

describe('Commenting on a post', () => {
  let author: Person;
  let reader: Person;
  let other: Person;
  let post: string;

  const publish = async (status = 'published') =>
    (await api.post('/v1/posts', { title: 'Discussed', body: 'B', status }, { token: author.token })).body.data.id;
  const comment = (body: string, by = reader, parentId?: string | null, on = post) =>
    api.post(
      `/v1/posts/${on}/comments`,
      { body, ...(parentId === undefined ? {} : { parentId }) },
      { token: by.token },
    );
  const created = async (body: string, by = reader, parentId?: string, on = post) =>
    (await comment(body, by, parentId, on)).body.data;
  const list = async (query = '', on = post) => (await api.get(`/v1/posts/${on}/comments?${query}`)).body;
  const outline = async (query = '', on = post) => (await list(query, on)).data.map((each) => [each.depth, each.body]);

  beforeAll(async () => {
    [author, reader, other] = [await api.person('Author'), await api.person('Reader'), await api.person('Other')];
    // The posts service waits for an unknown account on its first request. After that it can show it as an author.
    await api.get('/v1/feed', { token: other.token });
    post = await publish();
  });

  it('returns the comment and its location, and increments the count', async () => {
    const on = await publish();
    const reply = await comment('It *works*.', reader, undefined, on);
    expect(reply.status).toBe(201);
    const { id } = reply.body.data;
    expect(reply.body.data).toEqual({
      id,
      postId: on,
      parentId: null,
      depth: 0,
      author: { id: reader.id, handle: expect.any(String), displayName: 'Reader', imageUrl: null },
      body: 'It *works*.',
      bodyHtml: '<p>It <em>works</em>.</p>\n',
      deleted: false,
      version: 1,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });
    expect(reply.headers.get('consistency-token')).toBeTruthy();
    const found = await api.get(reply.headers.get('location') ?? '');
    expect([found.body.data, found.headers.get('etag')]).toEqual([reply.body.data, expect.stringMatching(/^"1-/)]);
    expect((await api.get(`/v1/posts/${on}`)).body.data).toMatchObject({ comments: 1, version: 1 });
    expect((await list('', on)).data).toEqual([reply.body.data]);
  });

  it('builds threads, each comment followed by its replies, in pages and by cursor', async () => {
    const on = await publish();
    const one = await created('one', reader, undefined, on);
    const two = await created('two', other, undefined, on);
    const three = await created('one.one', author, one.id, on);
    await created('one.one.one', reader, three.id, on);
    await created('two.one', reader, two.id, on);
    await created('one.two', other, one.id, on);
    const all = [
      [0, 'one'],
      [1, 'one.one'],
      [2, 'one.one.one'],
      [1, 'one.two'],
      [0, 'two'],
      [1, 'two.one'],
    ];
    expect(await outline('', on)).toEqual(all);
    expect(await outline('sort=-thread', on)).toEqual(all.toReversed());
    expect((await outline('sort=createdAt', on)).map(([, body]) => body)).toEqual([
      'one',
      'two',
      'one.one',
      'one.one.one',
      'two.one',
      'one.two',
    ]);
    expect((await list('limit=2&page=2', on)).meta).toEqual({ page: 2, limit: 2, total: 6, totalPages: 3 });
    for (const sort of ['thread', '-thread', 'createdAt', '-createdAt']) {
      const found: unknown[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const { data, meta } = await list(`sort=${sort}&limit=2&cursor=${cursor}`, on);
        found.push(...data.map((each) => [each.depth, each.body]));
        cursor = meta.nextCursor;
      }
      expect(found).toEqual(await outline(`sort=${sort}`, on));
    }
    expect((await api.get(`/v1/posts/${on}`)).body.data.comments).toBe(6);
  });

  it('is changed and deleted by its author, an editor or an admin', async () => {
    const { id, version } = await created('Frist');
    const tries = [
      await api.patch(`/v1/comments/${id}`, { body: 'Mine' }, { token: other.token }),
      await api.delete(`/v1/comments/${id}`, { token: author.token }),
    ];
    expect(tries.map((reply) => [reply.status, reply.body.code])).toEqual([
      [403, 'NOT_YOUR_COMMENT'],
      [403, 'NOT_YOUR_COMMENT'],
    ]);
    const headers = { 'if-match': `"${version}-x"` };
    const changed = await api.patch(`/v1/comments/${id}`, { body: 'First' }, { token: reader.token, headers });
    expect(changed.body.data).toMatchObject({ body: 'First', bodyHtml: '<p>First</p>\n', version: 2 });
    const stale = await api.patch(`/v1/comments/${id}`, { body: 'Again' }, { token: reader.token, headers });
    expect([stale.status, stale.body.code]).toEqual([412, 'PRECONDITION_FAILED']);
    expect((await api.delete(`/v1/comments/${id}`, { token: reader.token, headers })).status).toBe(412);
    expect((await api.delete(`/v1/comments/${id}`, { token: reader.token })).status).toBe(204);
    expect((await api.delete(`/v1/comments/${id}`, { token: reader.token })).status).toBe(404);
    expect((await api.get(`/v1/comments/${id}`)).body.code).toBe('COMMENT_NOT_FOUND');
    expect((await comment('A reply to a deleted comment', reader, id)).status).toBe(400);
  });

  it('keeps a placeholder for a deleted comment while it has replies', async () => {
    const on = await publish();
    const one = await created('one', reader, undefined, on);
    const two = await created('two', other, one.id, on);
    const three = await created('three', other, two.id, on);
    const four = await created('four', other, undefined, on);
    const remove = ({ id }: { id: string }, by: Person) => api.delete(`/v1/comments/${id}`, { token: by.token });
    await remove(one, reader);
    await remove(two, other);
    const { data } = await list('', on);
    expect(data.map((each) => [each.depth, each.body, each.deleted, each.author?.id])).toEqual([
      [0, null, true, undefined],
      [1, null, true, undefined],
      [2, 'three', false, other.id],
      [0, 'four', false, other.id],
    ]);
    expect(JSON.stringify(data)).not.toContain('two');
    await remove(three, other);
    expect(await outline('', on)).toEqual([[0, 'four']]);
    expect((await list('', on)).meta.total).toBe(1);
    await remove(four, other);
    expect((await api.get(`/v1/posts/${on}`)).body.data.comments).toBe(0);
  });

  it('is limited to 20 levels', async () => {
    const on = await publish();
    let parent: string | undefined;
    for (let depth = 0; depth < 20; depth++) parent = (await created(`at ${depth}`, reader, parent, on)).id;
    const reply = await comment('too deep', reader, parent, on);
    expect([reply.status, reply.body.code]).toEqual([409, 'THREAD_TOO_DEEP']);
  });

  it('rejects a cycle, and a parent that is not a comment on the same post', async () => {
    const [one, elsewhere] = [await created('one'), await created('elsewhere', reader, undefined, await publish())];
    const cycle = await api.patch(`/v1/comments/${one.id}`, { parentId: one.id }, { token: reader.token });
    expect([cycle.status, cycle.body.code]).toEqual([400, 'VALIDATION_FAILED']);
    for (const parentId of [elsewhere.id, randomUUID(), post, 'nonsense']) {
      const reply = await comment('x', reader, parentId);
      expect([reply.status, reply.body.errors[0]?.path]).toEqual([400, '/parentId']);
    }
    expect((await comment('x', reader, null)).status).toBe(201);
  });

  it('requires a post that is visible to the caller and published', async () => {
    const draft = await publish('draft');
    for (const id of [draft, randomUUID(), 'nonsense']) {
      expect((await comment('x', reader, undefined, id)).body.code).toBe('POST_NOT_FOUND');
      expect((await api.get(`/v1/posts/${id}/comments`)).body.code).toBe('POST_NOT_FOUND');
    }
    expect((await comment('x', author, undefined, draft)).body.code).toBe('POST_NOT_PUBLISHED');
    expect((await api.post(`/v1/posts/${post}/comments`, { body: 'x' })).status).toBe(401);
    const hidden = await created('hidden soon', reader, undefined, await publish());
    await api.post(`/v1/posts/${hidden.postId}/unpublish`, undefined, { token: author.token });
    expect((await api.get(`/v1/comments/${hidden.id}`)).status).toBe(404);
    expect((await api.delete(`/v1/comments/${hidden.id}`, { token: other.token })).status).toBe(404);
    expect((await api.delete(`/v1/comments/${hidden.id}`, { token: reader.token })).status).toBe(204);
  });

  it.each([
    ['/body', { body: '' }],
    ['/body', { body: ' \n' }],
    ['/body', { body: 'x'.repeat(10_001) }],
    ['/body', { body: 'a\0b' }],
    ['/body', {}],
    ['/authorId', { body: 'x', authorId: randomUUID() }],
    ['', []],
  ])('rejects an invalid %s: %j', async (path, body) => {
    const reply = await api.post(`/v1/posts/${post}/comments`, body, { token: reader.token });
    expect([reply.status, reply.body.errors.map((error) => error.path)]).toEqual([400, [path]]);
  });

  it.each(['{----}', `{${'-'.repeat(36)}}`, '{}', '', '{018f0000-0000-7000-8000-000000000007,}', 'x'])(
    'rejects a crafted cursor: %s',
    async (path) => {
      const crafted = Buffer.from(JSON.stringify([`comments ${post} thread`, path, post])).toString('base64url');
      const reply = await api.get(`/v1/posts/${post}/comments?cursor=${crafted}`);
      expect([reply.status, reply.body.errors[0]?.path]).toEqual([400, '/cursor']);
    },
  );

  it('with an Idempotency-Key happens once', async () => {
    const on = await publish();
    const again = () =>
      api.post(
        `/v1/posts/${on}/comments`,
        { body: 'once' },
        { token: reader.token, headers: { 'idempotency-key': `once-${on}` } },
      );
    const replies = [await again(), await again()];
    expect(replies[1]?.body).toEqual(replies[0]?.body);
    expect((await list('', on)).meta.total).toBe(1);
  });

  it('is counted correctly when many comments are written concurrently', async () => {
    const on = await publish();
    const replies = await Promise.all(Array.from({ length: 40 }, (_, n) => comment(`n${n}`, reader, undefined, on)));
    expect(replies.filter((reply) => reply.status !== 201)).toEqual([]);
    expect((await api.get(`/v1/posts/${on}`)).body.data.comments).toBe(40);
    expect((await list('limit=100', on)).data).toHaveLength(40);
  });

  it('notifies the authors of the post and of the parent comment once each, never the commenter', async () => {
    const on = await publish();
    const received = async (person: Person) =>
      (await api.get('/v1/notifications', { token: person.token })).body.data.filter(
        (each) => each.type === 'comment.created' && each.subject?.post.id === on,
      );
    await created('to myself', author, undefined, on);
    const first = await created('A *question*?', reader, undefined, on);
    const [one] = await eventually(
      'the author is notified',
      async () => (await received(author)).length === 1 && received(author),
    );
    expect(one).toMatchObject({
      actor: { id: reader.id },
      subject: { type: 'comment', id: first.id, excerpt: 'A question?', post: { id: on, title: 'Discussed' } },
      text: 'Reader commented on “Discussed”.',
    });
    const answer = await created('an answer', author, first.id, on);
    await eventually('the reader is notified', async () => (await received(reader)).length === 1);
    await created('thanks', reader, answer.id, on);
    await eventually('the author is notified again', async () => (await received(author)).length === 2);
    expect(await received(other)).toEqual([]);
    await api.delete(`/v1/comments/${first.id}`, { token: reader.token });
    await eventually(
      'the unread notification of the deleted comment is withdrawn',
      async () => (await received(author)).length === 1,
    );
    await api.delete(`/v1/posts/${on}`, { token: author.token });
    await eventually(
      'the notifications of the deleted post are withdrawn',
      async () => (await received(author)).length === 0,
    );
  });
});
