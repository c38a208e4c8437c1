import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Person, tokenOf } from '../support/platform/client.js';
import { platform } from '../support/platform/story.js';

const api = platform();

describe('A post', () => {
  let author: Person;
  let stranger: Person;

  beforeAll(async () => {
    [author, stranger] = [await api.person('Author'), await api.person('Stranger')];
  });

  const write = (post: object = {}, by = author) =>
    api.post('/v1/posts', { title: 'A title', body: 'Some *text*', ...post }, { token: by.token });
  const published = async () => (await write({ status: 'published' })).body.data;
  const draft = async () => (await write()).body.data;

  it('starts as a draft that only its author can read', async () => {
    const created = await write({ summary: 'Short', tags: ['One', 'two', 'ONE '] });
    expect(created.status).toBe(201);
    const { id } = created.body.data;
    expect(created.headers.get('location')).toBe(`/v1/posts/${id}`);
    expect(created.headers.has('consistency-token')).toBe(false);
    expect(created.body.data).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      slug: expect.stringMatching(/^a-title-[0-9a-f]{8}$/),
      title: 'A title',
      summary: 'Short',
      body: 'Some *text*',
      bodyHtml: '<p>Some <em>text</em></p>\n',
      status: 'draft',
      tags: ['one', 'two'],
      category: null,
      author: { id: author.id, handle: expect.any(String), displayName: 'Author', imageUrl: null },
      likes: 0,
      likedByMe: false,
      comments: 0,
      version: 1,
      createdAt: expect.any(String),
      updatedAt: created.body.data.createdAt,
      publishedAt: null,
    });
    expect((await api.get(`/v1/posts/${id}`, { token: author.token })).body).toEqual(created.body);
    for (const token of [undefined, stranger.token]) {
      expect((await api.get(`/v1/posts/${id}`, { token })).body.code).toBe('POST_NOT_FOUND');
      expect((await api.get(`/v1/posts/${created.body.data.slug}`, { token })).status).toBe(404);
    }
  });

  it('is published once, and then publicly readable by id and by slug', async () => {
    const { id, slug } = await draft();
    const reply = await api.post(`/v1/posts/${id}/publish`, undefined, { token: author.token });
    expect(reply.status).toBe(200);
    expect(reply.body.data).toMatchObject({ status: 'published', version: 2, publishedAt: expect.any(String) });
    const again = await api.post(`/v1/posts/${id}/publish`, undefined, { token: author.token });
    expect([again.status, again.body.code]).toEqual([409, 'POST_ALREADY_PUBLISHED']);
    const read = await api.get(`/v1/posts/${slug}`);
    expect(read.status).toBe(200);
    expect(read.body.data).not.toHaveProperty('likedByMe');
    expect((await api.get(`/v1/posts/${id}`)).body).toEqual(read.body);
  });

  it('is published by exactly one of ten concurrent requests', async () => {
    const { id } = await draft();
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => api.post(`/v1/posts/${id}/publish`, undefined, { token: author.token })),
    );
    expect(replies.filter((reply) => reply.status === 200)).toHaveLength(1);
    expect(replies.filter((reply) => reply.status === 409)).toHaveLength(9);
  });

  it('can be unpublished, which hides it, and republished with a new publication time', async () => {
    const post = await published();
    const unpublish = () => api.post(`/v1/posts/${post.id}/unpublish`, undefined, { token: author.token });
    const reply = await unpublish();
    expect(reply.status).toBe(200);
    expect(reply.body.data).toMatchObject({ status: 'draft', version: 2, publishedAt: null });
    const again = await unpublish();
    expect([again.status, again.body.code]).toEqual([409, 'POST_NOT_PUBLISHED']);
    expect((await api.get(`/v1/posts/${post.id}`)).status).toBe(404);
    const anew = await api.post(`/v1/posts/${post.id}/publish`, undefined, { token: author.token });
    expect(anew.body.data).toMatchObject({ status: 'published', version: 3, slug: post.slug });
    expect(String(anew.body.data.publishedAt) > String(post.publishedAt)).toBe(true);
  });

  it('gets a new version for each change of its content', async () => {
    const { id, slug } = await published();
    const change = { title: 'Another title', body: '# New', summary: 'S', tags: ['x'] };
    const reply = await api.patch(`/v1/posts/${id}`, change, { token: author.token });
    expect(reply.status).toBe(200);
    expect(reply.body.data).toMatchObject({ ...change, version: 2, slug, bodyHtml: '<h1>New</h1>\n' });
    const same = await api.patch(`/v1/posts/${id}`, change, { token: author.token });
    expect(same.body.data.version).toBe(2);
    expect(same.headers.has('consistency-token')).toBe(false);
    const cleared = await api.patch(`/v1/posts/${id}`, { summary: null }, { token: author.token });
    expect(cleared.body.data).toMatchObject({ summary: null, version: 3 });
  });

  it('is 404 after it was deleted', async () => {
    const { id } = await published();
    expect((await api.delete(`/v1/posts/${id}`, { token: author.token })).status).toBe(204);
    expect((await api.get(`/v1/posts/${id}`)).status).toBe(404);
    expect((await api.delete(`/v1/posts/${id}`, { token: author.token })).status).toBe(404);
  });

  it('that was ever published emits its deletion, and a draft that never was emits nothing', async () => {
    const [once, never] = [await published(), await draft()];
    await api.post(`/v1/posts/${once.id}/unpublish`, undefined, { token: author.token });
    const tokens = [];
    for (const { id } of [once, never])
      tokens.push(tokenOf(await api.delete(`/v1/posts/${id}`, { token: author.token })));
    const [deletion, nothing] = tokens.map((token) => Buffer.from(token ?? '', 'base64url').toString());
    expect(deletion).toContain('posts.post.deleted.v1');
    expect(nothing).toBe('');
  });

  it('is changed by its author only: others get 403, or 404 for a draft', async () => {
    const [open, hidden] = [await published(), await draft()];
    const tries = [
      (id: string) => api.patch(`/v1/posts/${id}`, { title: 'Mine' }, { token: stranger.token }),
      (id: string) => api.delete(`/v1/posts/${id}`, { token: stranger.token }),
      (id: string) => api.post(`/v1/posts/${id}/publish`, undefined, { token: stranger.token }),
      (id: string) => api.post(`/v1/posts/${id}/unpublish`, undefined, { token: stranger.token }),
    ];
    for (const attempt of tries) {
      const [forbidden, absent, none] = [await attempt(open.id), await attempt(hidden.id), await attempt(randomUUID())];
      expect([forbidden.status, forbidden.body.code]).toEqual([403, 'NOT_YOUR_POST']);
      expect([absent.status, absent.body.code, absent.body.detail]).toEqual([404, 'POST_NOT_FOUND', none.body.detail]);
    }
    expect((await api.get(`/v1/posts/${open.id}`)).body.data.title).toBe('A title');
    expect((await write({}, { ...author, token: '' })).status).toBe(401);
  });

  it('keeps the first of two concurrent edits, and rejects the second with 412', async () => {
    const { id } = await published();
    const etag = (await api.get(`/v1/posts/${id}`, { token: author.token })).headers.get('etag') ?? '';
    const edit = (title: string) =>
      api.patch(`/v1/posts/${id}`, { title }, { token: author.token, headers: { 'if-match': etag } });
    const replies = await Promise.all([edit('First'), edit('Second')]);
    expect(new Set(replies.map((reply) => reply.status))).toEqual(new Set([200, 412]));
    const stale = await api.delete(`/v1/posts/${id}`, { token: author.token, headers: { 'if-match': etag } });
    expect([stale.status, stale.body.code]).toEqual([412, 'PRECONDITION_FAILED']);
  });

  it('has a slug made from its title, in any script', async () => {
    const slugs = await Promise.all(
      ['Überschrift & Söhne', '你好', '🙂', '../../etc/passwd', 'x'.repeat(200), 'JavaScript'].map(
        async (title) => (await write({ title })).body.data.slug,
      ),
    );
    for (const slug of slugs) expect(slug).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*-[0-9a-f]{8}$/);
    expect(slugs.at(-1)).toMatch(/^javascript-/);
    expect(slugs[0]).toMatch(/^ueberschrift-and-soehne-/);
  });

  it('is rendered without scripts, whatever its Markdown contains', async () => {
    const body = [
      '<script>alert(1)</script>',
      '<img src=x onerror=alert(1)>',
      '[x](javascript:alert(1))',
      '<a href="java\tscript:alert(1)">y</a>',
      '<svg onload=alert(1)>',
      '<iframe src="https://example.com"></iframe>',
      '<p style="background:url(javascript:alert(1))">z</p>',
      '![i](data:image/svg+xml;base64,AAAA)',
      '<form action="https://example.com"><input name=a></form>',
    ].join('\n\n');
    const { bodyHtml, body: stored } = (await write({ body })).body.data;
    expect(stored).toBe(body);
    expect(bodyHtml).not.toMatch(/<script|onerror|onload|href="java|<iframe|<svg|style=|<form|<input|src="data/i);
    const { bodyHtml: fine } = (await write({ body: '**b** [l](https://example.com) `c`\n\n| a |\n|---|\n| 1 |' })).body
      .data;
    expect(fine).toContain(
      '<strong>b</strong> <a href="https://example.com" rel="nofollow noopener ugc">l</a> <code>c</code>',
    );
    expect(fine).toContain('<table>');
  });

  it('accepts Markdown that is designed to be slow to render', async () => {
    for (const piece of [
      '😀_http://a.b/()',
      '![>|',
      '[',
      '>',
      '*',
      '`',
      '<',
      '![[]()',
      '> - ',
      'a_',
      './',
      '_/-',
      'a@b.',
    ]) {
      const reply = await write({ body: piece.repeat(Math.floor(100_000 / piece.length)) });
      expect([reply.status, piece]).toEqual([201, piece]);
    }
  });

  it.each([
    [['/title'], { title: ' ' }],
    [['/title'], { title: 'x'.repeat(201) }],
    [['/title'], { title: 'a\0b' }],
    [['/title'], { title: 'bell\u0007' }],
    [['/body'], { body: '' }],
    [['/body'], { body: '\udfff' }],
    [['/title', '/body'], { title: 1, body: [] }],
    [['/tags'], { tags: Array.from({ length: 11 }, (_, n) => `t${n}`) }],
    [['/tags/0'], { tags: ['a,b'] }],
    [['/status'], { status: 'deleted' }],
    [['/categoryId'], { categoryId: randomUUID() }],
    [['/categoryId'], { categoryId: 'guides' }],
    [['/authorId'], { authorId: randomUUID() }],
  ])('is rejected with all invalid fields named: %j', async (paths, post) => {
    const reply = await write(post);
    expect([reply.status, reply.body.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(reply.body.errors.map((error) => error.path)).toEqual(paths);
  });

  it('with an invalid id is 404', async () => {
    for (const id of ['1', 'null', '00000000-0000-0000-0000-00000000000g', '%27%3B--', '%00']) {
      expect((await api.get(`/v1/posts/${id}`)).status).toBe(404);
      expect((await api.patch(`/v1/posts/${id}`, { title: 'T' }, { token: author.token })).status).toBe(404);
    }
  });
});
