import { randomBytes, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Person } from '../support/platform/client.js';
import { personWithRole, platform } from '../support/platform/story.js';

const api = platform();
const named = (name: string) => `${name} ${randomBytes(4).toString('hex')}`;

describe('Categories', () => {
  let editor: Person;
  let author: Person;

  const make = (name: string, by = editor, more: object = {}) =>
    api.post('/v1/categories', { name, ...more }, { token: by.token });
  const made = async (name: string) => (await make(named(name))).body.data;
  const write = (categoryId: string | null, more: object = {}) =>
    api.post('/v1/posts', { title: 'T', body: 'B', status: 'published', categoryId, ...more }, { token: author.token });

  beforeAll(async () => {
    [editor, author] = [await personWithRole(api, 'editor'), await api.person('Author')];
  });

  it('are created by editors, and publicly readable', async () => {
    const name = named('How it Works');
    const reply = await make(name, editor, { description: 'In depth.' });
    const { id } = reply.body.data;
    const slug = name.toLowerCase().replaceAll(' ', '-');
    expect([reply.status, reply.headers.get('location')]).toEqual([201, `/v1/categories/${id}`]);
    expect(reply.body.data).toEqual({
      id,
      slug,
      name,
      description: 'In depth.',
      version: 1,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });
    for (const by of [id, slug]) expect((await api.get(`/v1/categories/${by}`)).body).toEqual(reply.body);
    const { data, meta } = (await api.get('/v1/categories?limit=100&sort=-createdAt')).body;
    expect(data[0]).toEqual(reply.body.data);
    expect(meta).toMatchObject({ page: 1, limit: 100 });
    const names = (await api.get('/v1/categories?limit=100')).body.data.map((each) => each.name);
    expect(names).toEqual(names.toSorted((a, b) => (a < b ? -1 : 1)));
  });

  it('have a slug for names in any script, and unique names', async () => {
    const runes = String.fromCodePoint(...[...randomBytes(8)].map((byte) => 0x16a0 + (byte % 64)));
    expect((await make(runes)).body.data.slug).toMatch(/^category-[0-9a-f]{8}$/);
    const id = randomUUID();
    const likeAnId = (await make(id)).body.data;
    expect([likeAnId.name, likeAnId.slug]).toEqual([id, expect.stringMatching(/^category-/)]);
    const name = named('Twice');
    const replies = await Promise.all([make(name), make(name), make(name)]);
    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([201, 409, 409]);
    const other = await made('Other');
    const renamed = await api.patch(`/v1/categories/${other.id}`, { name }, { token: editor.token });
    expect([renamed.status, renamed.body.code]).toEqual([409, 'CATEGORY_EXISTS']);
  });

  it('can be changed by editors and admins only', async () => {
    const { id } = await made('Mine');
    const admin = await personWithRole(api, 'admin');
    const reader = await personWithRole(api, 'reader');
    for (const { token } of [author, reader]) {
      const tries = [
        await api.post('/v1/categories', { name: named('x') }, { token }),
        await api.patch(`/v1/categories/${id}`, { name: 'x' }, { token }),
        await api.delete(`/v1/categories/${id}`, { token }),
      ];
      expect(tries.map((reply) => [reply.status, reply.body.code])).toEqual(tries.map(() => [403, 'FORBIDDEN']));
    }
    expect((await api.post('/v1/categories', { name: 'x' })).status).toBe(401);
    expect((await api.patch(`/v1/categories/${id}`, { description: 'D' }, { token: admin.token })).status).toBe(200);
  });

  it('are shown with posts, under their current name', async () => {
    const { id, slug, name } = await made('Before');
    const post = (await write(id.toUpperCase())).body.data;
    expect(post.category).toEqual({ id, slug, name });
    const renamed = named('After');
    const headers = { 'if-match': '"1-x"' };
    const change = () => api.patch(`/v1/categories/${id}`, { name: renamed }, { token: editor.token, headers });
    expect((await change()).body.data).toMatchObject({ slug, name: renamed, version: 2 });
    expect((await change()).status).toBe(412);
    expect((await api.get(`/v1/posts/${post.id}`)).body.data.category).toEqual({ id, slug, name: renamed });
    for (const by of [id, slug, slug.toUpperCase()]) {
      const { data } = (await api.get(`/v1/posts?category=${by}`)).body;
      expect(data.map((item) => [item.id, item.category?.name])).toEqual([[post.id, renamed]]);
    }
    expect((await api.get('/v1/posts?category=no-such')).body.data).toEqual([]);
    const moved = await api.patch(`/v1/posts/${post.id}`, { categoryId: null }, { token: author.token });
    expect(moved.body.data).toMatchObject({ category: null, version: 2 });
    expect((await api.get(`/v1/posts?category=${id}`)).body.meta.total).toBe(0);
  });

  it('know how many published posts they contain, under every name', async () => {
    const [one, other] = [await made('One'), await made('Other')];
    const { token } = author;
    const totals = () =>
      Promise.all(
        [one.id, one.slug.toUpperCase(), other.id].map(
          async (category) => (await api.get(`/v1/posts?category=${category}&limit=1`)).body.meta.total,
        ),
      );
    const [first] = (await Promise.all([write(one.id), write(one.id), write(one.id, { status: 'draft' })])).map(
      (reply) => reply.body.data,
    );
    expect(await totals()).toEqual([2, 2, 0]);
    await api.patch(`/v1/posts/${first?.id}`, { categoryId: other.id }, { token });
    expect(await totals()).toEqual([1, 1, 1]);
    await api.post(`/v1/posts/${first?.id}/unpublish`, undefined, { token });
    expect(await totals()).toEqual([1, 1, 0]);
    await api.post(`/v1/posts/${first?.id}/publish`, undefined, { token });
    await api.patch(`/v1/posts/${first?.id}`, { categoryId: one.id, title: 'Again' }, { token });
    expect(await totals()).toEqual([2, 2, 0]);
    await api.delete(`/v1/posts/${first?.id}`, { token });
    expect(await totals()).toEqual([1, 1, 0]);
    expect((await api.get('/v1/posts?category=no-such')).body.meta.total).toBe(0);
  });

  it('cannot be deleted while they contain posts, including drafts', async () => {
    const { id } = await made('Used');
    const draft = (await write(id, { status: 'draft' })).body.data;
    const remove = () => api.delete(`/v1/categories/${id}`, { token: editor.token });
    expect([(await remove()).status, (await remove()).body.code]).toEqual([409, 'CATEGORY_IN_USE']);
    expect((await api.get(`/v1/posts/${draft.id}`, { token: author.token })).body.data.category?.id).toBe(id);
    await api.delete(`/v1/posts/${draft.id}`, { token: author.token });
    expect((await remove()).status).toBe(204);
    expect((await remove()).body.code).toBe('CATEGORY_NOT_FOUND');
    expect((await write(id)).body.errors[0]?.path).toBe('/categoryId');
  });

  it('that are deleted while posts are added leave no post with a missing category', async () => {
    for (let round = 0; round < 5; round++) {
      const { id } = await made('Raced');
      const [removed, ...written] = await Promise.all([
        api.delete(`/v1/categories/${id}`, { token: editor.token }),
        ...Array.from({ length: 4 }, () => write(id)),
      ]);
      expect([204, 409]).toContain(removed.status);
      for (const reply of written) {
        if (removed.status === 204) expect([reply.status, reply.body.code]).toEqual([400, 'VALIDATION_FAILED']);
        else expect([201, 400]).toContain(reply.status);
      }
      if (removed.status === 409) expect((await api.get(`/v1/categories/${id}`)).status).toBe(200);
    }
  });

  it.each([
    ['/name', {}],
    ['/name', { name: ' ' }],
    ['/name', { name: 'x'.repeat(61) }],
    ['/name', { name: '\u200b' }],
    ['/name', { name: 'a\u0007' }],
    ['/description', { name: 'x', description: 'x'.repeat(301) }],
    ['/slug', { name: 'x', slug: 'y' }],
  ])('reject an invalid %s: %j', async (path, body) => {
    const reply = await api.post('/v1/categories', body, { token: editor.token });
    expect([reply.status, reply.body.errors.map((error) => error.path)]).toEqual([400, [path]]);
  });

  it('with an invalid or unknown id are not found', async () => {
    for (const id of ['1', randomUUID(), '%27--', 'Übel', '%00']) {
      expect((await api.get(`/v1/categories/${id}`)).body.code).toBe('CATEGORY_NOT_FOUND');
      expect((await api.delete(`/v1/categories/${id}`, { token: editor.token })).body.code).toBe('CATEGORY_NOT_FOUND');
    }
  });
});

describe('An editor', () => {
  it('changes and deletes posts and comments of others', async () => {
    const [editor, author] = [await personWithRole(api, 'editor'), await api.person('Author')];
    const post = { title: 'T', body: 'B', status: 'published' };
    const { id } = (await api.post('/v1/posts', post, { token: author.token })).body.data;
    const comment = (await api.post(`/v1/posts/${id}/comments`, { body: 'C' }, { token: author.token })).body.data;
    const changes = [
      await api.patch(`/v1/posts/${id}`, { title: 'Edited' }, { token: editor.token }),
      await api.patch(`/v1/comments/${comment.id}`, { body: 'Edited' }, { token: editor.token }),
      await api.delete(`/v1/comments/${comment.id}`, { token: editor.token }),
      await api.delete(`/v1/posts/${id}`, { token: editor.token }),
    ];
    expect(changes.map((reply) => reply.status)).toEqual([200, 200, 204, 204]);
    expect(changes[0]?.body.data.author.id).toBe(author.id);
  });
});
