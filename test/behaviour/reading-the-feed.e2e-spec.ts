import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Person, tokenOf } from '../support/platform/client.js';
import { platform } from '../support/platform/story.js';

const api = platform();

describe('The feed', () => {
  let reader: Person;
  let followed: Person;
  let other: Person;

  beforeAll(async () => {
    [reader, followed, other] = [await api.person('Reader'), await api.person('Followed'), await api.person('Other')];
    for (const person of [followed, other]) await api.get('/v1/users/me', { token: person.token });
  });

  const write = (by: Person, title: string, status = 'published') =>
    api.post('/v1/posts', { title, body: 'B', status }, { token: by.token });
  const feed = async (query = '', after = '') => {
    const headers: Record<string, string> = after ? { 'consistency-token': after } : {};
    return (await api.get(`/v1/feed?${query}`, { token: reader.token, headers })).body;
  };
  const titles = async (after = '') => (await feed('', after)).data.map((item) => item.title);

  it('lists posts of followed authors, earlier ones too, newest first, immediately after the follow', async () => {
    await write(followed, 'Before');
    await write(other, 'Foreign');
    expect(await titles()).toEqual([]);
    const follow = await api.put(`/v1/users/${followed.id}/follow`, { token: reader.token });
    expect(await titles(tokenOf(follow))).toEqual(['Before']);
    await write(followed, 'Draft', 'draft');
    await write(followed, 'After');
    expect(await titles()).toEqual(['After', 'Before']);
    const [item] = (await feed()).data;
    expect(item).toMatchObject({ author: { id: followed.id }, status: 'published' });
    expect(item).not.toHaveProperty('body');
  });

  it('is paginated by cursor', async () => {
    const first = await feed('limit=1');
    expect(first.meta).toEqual({ limit: 1, nextCursor: expect.any(String) });
    const second = await feed(`limit=1&cursor=${first.meta.nextCursor}`);
    expect([...first.data, ...second.data].map((item) => item.title)).toEqual(['After', 'Before']);
    expect(second.meta.nextCursor).toBeNull();
  });

  it('no longer contains posts of an unfollowed author', async () => {
    const unfollow = await api.delete(`/v1/users/${followed.id}/follow`, { token: reader.token });
    expect(await titles(tokenOf(unfollow))).toEqual([]);
  });

  it('requires authentication and rejects invalid parameters', async () => {
    expect((await api.get('/v1/feed')).status).toBe(401);
    for (const query of ['page=1', 'limit=0', 'cursor=x', 'author=a']) {
      expect((await api.get(`/v1/feed?${query}`, { token: reader.token })).status).toBe(400);
    }
  });
});
