import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Person } from '../support/platform/client.js';
import { platform } from '../support/platform/story.js';

const api = platform();

describe('Counting posts', () => {
  const [common, rare] = [`common${randomBytes(4).toString('hex')}`, `rare${randomBytes(4).toString('hex')}`];
  let author: Person;

  const write = async (tags: string[], status = 'published') =>
    (await api.post('/v1/posts', { title: 'T', body: 'B', tags, status }, { token: author.token })).body.data.id;

  /** Reads all pages. */
  async function all(path: string) {
    const first = (await api.get(`${path}?limit=100`)).body;
    const rest = Array.from({ length: first.meta.totalPages - 1 }, (_, n) =>
      api.get(`${path}?limit=100&page=${n + 2}`),
    );
    return [...first.data, ...(await Promise.all(rest)).flatMap((reply) => [...reply.body.data])];
  }
  const counts = async () => {
    const tags = await all('/v1/tags');
    return [common, rare].map((name) => tags.find((tag) => tag.name === name)?.posts ?? 0);
  };
  const mine = async () => (await all('/v1/authors/top')).find((each) => each.author.id === author.id);

  beforeAll(async () => {
    author = await api.person('Counted');
  });

  it('by tag is updated by each publish, unpublish, edit and delete', async () => {
    const [one, two] = [await write([common, rare]), await write([common])];
    const draft = await write([rare], 'draft');
    expect(await counts()).toEqual([2, 1]);
    await api.post(`/v1/posts/${draft}/publish`, undefined, { token: author.token });
    expect(await counts()).toEqual([2, 2]);
    await api.patch(`/v1/posts/${one}`, { tags: [rare] }, { token: author.token });
    expect(await counts()).toEqual([1, 2]);
    await api.post(`/v1/posts/${draft}/unpublish`, undefined, { token: author.token });
    await api.patch(`/v1/posts/${draft}`, { tags: [common] }, { token: author.token });
    expect(await counts()).toEqual([1, 1]);
    await api.delete(`/v1/posts/${two}`, { token: author.token });
    await api.delete(`/v1/posts/${draft}`, { token: author.token });
    expect(await counts()).toEqual([0, 1]);
    expect((await api.get(`/v1/posts?tag=${rare}`)).body.meta.total).toBe(1);
  });

  it('by author returns their number and the time of the latest', async () => {
    const before = await mine();
    const id = await write([]);
    const { publishedAt } = (await api.get(`/v1/posts/${id}`)).body.data;
    expect(await mine()).toEqual({
      author: { id: author.id, handle: expect.any(String), displayName: 'Counted', imageUrl: null },
      posts: (before?.posts ?? 0) + 1,
      lastPostAt: publishedAt,
    });
    await api.delete(`/v1/posts/${id}`, { token: author.token });
    expect(await mine()).toEqual(before);
    const sorted = (await all('/v1/authors/top')).map((each) => each.posts);
    expect(sorted).toEqual(sorted.toSorted((a, b) => b - a));
  });

  it('stays correct when posts are written and deleted concurrently', async () => {
    const [start = 0] = await counts();
    const tags = [common, rare, ...Array.from({ length: 6 }, (_, n) => `t${n}`)];
    const shuffled = () => tags.toSorted(() => Math.random() - 0.5);
    const ids = await Promise.all(Array.from({ length: 24 }, () => write(shuffled())));
    expect((await counts())[0]).toBe(start + 24);
    const [latest] = (await api.get(`/v1/posts?author=${author.id}&limit=1`)).body.data;
    expect((await mine())?.lastPostAt).toBe(latest?.publishedAt);
    const removed = await Promise.all(ids.map((id) => api.delete(`/v1/posts/${id}`, { token: author.token })));
    expect(removed.filter((reply) => reply.status !== 204)).toEqual([]);
    expect((await counts())[0]).toBe(start);
  });

  it('is listed in either order; invalid parameters are rejected', async () => {
    const names = (await api.get('/v1/tags?sort=name&limit=100')).body.data.map((tag) => tag.name);
    expect(names).toEqual(names.toSorted((a, b) => (a < b ? -1 : 1)));
    for (const query of ['sort=count', 'cursor=', 'q=x', 'page=0', 'limit=101', 'page=101&limit=100']) {
      for (const path of ['/v1/tags', '/v1/authors/top']) {
        expect((await api.get(`${path}?${query}`)).body.code).toBe('VALIDATION_FAILED');
      }
    }
  });
});
