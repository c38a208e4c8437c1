import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Fields, Person } from '../support/platform/client.js';
import { platform } from '../support/platform/story.js';

const api = platform();
const tag = `t${randomUUID().slice(0, 8)}`;
const titles = (items: readonly Fields[]) => items.map((item) => item.title);

describe('Lists of posts', () => {
  let author: Person;
  let other: Person;

  beforeAll(async () => {
    [author, other] = [await api.person('Lister'), await api.person('Other')];
    for (const title of ['Delta', 'Alpha', 'Echo', 'Bravo', 'Charlie']) {
      const post = { title, body: 'B', status: 'published', tags: [tag, title.toLowerCase()] };
      await api.post('/v1/posts', post, { token: author.token });
    }
    await api.post(
      '/v1/posts',
      { title: 'Foreign', body: 'B', status: 'published', tags: [tag] },
      { token: other.token },
    );
    await api.post('/v1/posts', { title: 'Draft', body: 'B', tags: [tag] }, { token: author.token });
  });

  const list = (query: string, token?: string) => api.get(`/v1/posts?${query}`, { token });
  const mine = (query = '') => list(`author=${author.id}${query}`);

  it('contain published posts, newest first, without their bodies', async () => {
    const reply = await mine();
    expect(reply.status).toBe(200);
    expect(titles(reply.body.data)).toEqual(['Charlie', 'Bravo', 'Echo', 'Alpha', 'Delta']);
    expect(reply.body.meta).toEqual({ page: 1, limit: 20, total: 5, totalPages: 1 });
    for (const item of reply.body.data) {
      expect(item).not.toHaveProperty('body');
      expect(item).not.toHaveProperty('bodyHtml');
      expect(item.author).toMatchObject({ id: author.id, displayName: 'Lister' });
    }
  });

  it('are filtered by author (id or handle) and by tag', async () => {
    const { handle } = (await api.get(`/v1/users/${author.id}`)).body.data;
    expect((await list(`author=${handle}`)).body.meta.total).toBe(5);
    expect(titles((await list(`tag=${tag.toUpperCase()}`)).body.data)).toContain('Foreign');
    expect((await list(`tag=${tag}&author=${other.id}`)).body.meta.total).toBe(1);
    for (const unknownAuthor of ['nobody_at_all', randomUUID(), '%27'])
      expect((await list(`author=${unknownAuthor}`)).body.data).toEqual([]);
  });

  it('are in the requested order', async () => {
    expect(titles((await mine('&sort=title')).body.data)).toEqual(['Alpha', 'Bravo', 'Charlie', 'Delta', 'Echo']);
    expect(titles((await mine('&sort=-title')).body.data)).toEqual(['Echo', 'Delta', 'Charlie', 'Bravo', 'Alpha']);
    expect(titles((await mine('&sort=createdAt')).body.data)).toEqual(['Delta', 'Alpha', 'Echo', 'Bravo', 'Charlie']);
    expect(titles((await mine('&sort=publishedAt')).body.data)).toEqual(['Delta', 'Alpha', 'Echo', 'Bravo', 'Charlie']);
  });

  it('are paginated', async () => {
    const second = await mine('&page=2&limit=2&sort=title');
    expect(titles(second.body.data)).toEqual(['Charlie', 'Delta']);
    expect(second.body.meta).toEqual({ page: 2, limit: 2, total: 5, totalPages: 3 });
    expect((await mine('&page=4&limit=2')).body.data).toEqual([]);
  });

  it.each(['title', '-title', 'createdAt', '-createdAt', '-publishedAt'])(
    'are paginated by cursor in the order %s, each post once',
    async (sort) => {
      const whole = titles((await mine(`&sort=${sort}`)).body.data);
      const found: string[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const reply: Awaited<ReturnType<typeof mine>> = await mine(`&sort=${sort}&limit=2&cursor=${cursor}`);
        expect(Object.keys(reply.body.meta)).toEqual(['limit', 'nextCursor']);
        found.push(...titles(reply.body.data));
        cursor = reply.body.meta.nextCursor;
      }
      expect(found).toEqual(whole);
    },
  );

  it('of one author have their own route', async () => {
    const { handle } = (await api.get(`/v1/users/${author.id}`)).body.data;
    for (const name of [author.id, handle]) {
      const reply = await api.get(`/v1/users/${name}/posts?sort=title&limit=2`);
      expect(titles(reply.body.data)).toEqual(['Alpha', 'Bravo']);
      expect(reply.body.meta).toEqual({ page: 1, limit: 2, total: 5, totalPages: 3 });
    }
    expect(
      titles((await api.get(`/v1/users/${author.id}/posts?status=draft`, { token: author.token })).body.data),
    ).toEqual(['Draft']);
    for (const unknownAuthor of [randomUUID(), 'nobody_at_all', '%00', '%F0%9F%99%82']) {
      expect((await api.get(`/v1/users/${unknownAuthor}/posts`)).body.code).toBe('AUTHOR_NOT_FOUND');
    }
    expect((await api.get(`/v1/users/${author.id}/posts?author=${other.id}`)).status).toBe(400);
  });

  it('of drafts are visible to their author only', async () => {
    expect(titles((await list('status=draft', author.token)).body.data)).toEqual(['Draft']);
    expect(titles((await list('status=draft&cursor=', author.token)).body.data)).toEqual(['Draft']);
    expect((await list(`status=draft&author=${author.id}`, other.token)).body.data).toEqual([]);
    expect((await list('status=draft')).status).toBe(401);
    expect(titles((await list(`tag=${tag}&limit=100`, author.token)).body.data)).not.toContain('Draft');
  });

  it.each([
    ['/page', 'page=0'],
    ['/page', 'page=-1'],
    ['/page', 'page=1.5'],
    ['/page', 'page=one'],
    ['/page', 'page=101&limit=100'],
    ['/page', 'page=99999999999999999999'],
    ['/limit', 'limit=0'],
    ['/limit', 'limit=101'],
    ['/limit', 'limit='],
    ['/limit', 'limit=5&limit=6'],
    ['/sort', 'sort=body'],
    ['/sort', 'sort=--title'],
    ['/status', 'status=deleted'],
    ['/cursor', 'cursor=nonsense'],
    ['/cursor', `cursor=${Buffer.from('["posts published -publishedAt","x","y"]').toString('base64url')}`],
    ['/page', 'page=1&cursor='],
    ['/tag', 'tag=%00'],
    ['/q', 'q='],
    ['/category', 'category='],
    ['/sort', 'sort=relevance'],
    ['/order', 'order=asc'],
  ])('reject an invalid %s: %s', async (path, query) => {
    const reply = await list(query);
    expect([reply.status, reply.body.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(reply.body.errors.map((error) => error.path)).toContain(path);
  });

  it('refer to cursors beyond the last allowed page', async () => {
    expect((await list('page=101&limit=100')).body.errors[0]?.message).toContain('cursor');
    expect((await list('page=100&limit=100')).status).toBe(200);
  });

  it('reject the cursor of another order, and an invalid position', async () => {
    const { nextCursor } = (await mine('&sort=title&limit=1&cursor=')).body.meta;
    expect((await mine(`&sort=-title&cursor=${nextCursor}`)).status).toBe(400);
    const [name] = JSON.parse(Buffer.from(nextCursor ?? '', 'base64url').toString()) as [string];
    const forged = (value: unknown, list = name) =>
      Buffer.from(JSON.stringify([list, value, randomUUID()])).toString('base64url');
    expect((await mine(`&sort=title&cursor=${forged(7)}`)).status).toBe(400);
    for (const time of [
      'yesterday',
      '0000-01-01T00:00:00.000Z',
      '2026-02-31T00:00:00.000Z',
      `2026-01-01T00:00:00.${'0'.repeat(400)}Z`,
    ]) {
      expect((await mine(`&cursor=${forged(time, 'posts published -publishedAt')}`)).status).toBe(400);
    }
    expect((await mine(`&sort=title&cursor=${forged('a\0b')}`)).status).toBe(400);
  });
});
