import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Fields, Person } from '../support/platform/client.js';
import { platform } from '../support/platform/story.js';

const api = platform();
const word = `w${randomUUID().replaceAll('-', '').slice(0, 10)}`;
const names = (items: readonly Fields[]) => items.map((item) => item.displayName);

describe('Searching users', () => {
  let people: Person[];

  beforeAll(async () => {
    people = [];
    for (const name of [`Zoë ${word}`, `${word} Émile`, `Ünal ${word}son`, 'Nobody Special']) {
      const person = await api.person(name, `${name.includes('Nobody') ? 'n' : 'h'}_${randomUUID().slice(0, 8)}`);
      await api.get('/v1/users/me', { token: person.token });
      people.push(person);
    }
    const [zoe, emile, unal] = people;
    for (const follower of [emile, unal]) await api.put(`/v1/users/${zoe?.id}/follow`, { token: follower?.token });
    await api.put(`/v1/users/${unal?.id}/follow`, { token: emile?.token });
  });

  const search = async (query: string, token?: string) => (await api.get(`/v1/users?${query}`, { token })).body;

  it('matches the beginning of any word of a name or handle, newest first', async () => {
    expect(names((await search(`q=${word}`)).data)).toEqual([`Ünal ${word}son`, `${word} Émile`, `Zoë ${word}`]);
    expect(names((await search(`q=${word.toUpperCase().slice(0, 9)}%20zo%C3%AB`)).data)).toEqual([`Zoë ${word}`]);
    const { handle } = (await api.get(`/v1/users/${people[0]?.id}`)).body.data;
    expect(names((await search(`q=${handle}`)).data)).toEqual([`Zoë ${word}`]);
    expect((await search('q=nobody_is_called_so')).data).toEqual([]);
  });

  it('treats any text as words, never as query syntax', async () => {
    for (const q of ["'", '&', '!!', ':*', '(', "a' | 'b", '<->', '\\', '%25', '🙂']) {
      const reply = await api.get(`/v1/users?q=${encodeURIComponent(q)}`);
      expect([reply.status, q]).toEqual([200, q]);
    }
  });

  it('is paginated by page and by cursor, in both orders', async () => {
    const ascending = await search(`q=${word}&sort=createdAt&page=2&limit=2`);
    expect(names(ascending.data)).toEqual([`Ünal ${word}son`]);
    expect(ascending.meta).toEqual({ page: 2, limit: 2, total: 3, totalPages: 2 });
    const first = await search(`q=${word}&limit=2&cursor=`);
    const second = await search(`q=${word}&limit=2&cursor=${first.meta.nextCursor}`);
    expect([...names(first.data), ...names(second.data)]).toEqual([`Ünal ${word}son`, `${word} Émile`, `Zoë ${word}`]);
    expect((await search(`q=other&cursor=${first.meta.nextCursor}`)).code).toBe('VALIDATION_FAILED');
    for (const wrong of ['q=', 'q=%00', 'sort=handle', 'name=x'])
      expect((await api.get(`/v1/users?${wrong}`)).status).toBe(400);
  });

  it('lists followers and followed users, latest first, and marks whom the viewer follows', async () => {
    const [zoe, emile] = people;
    const list = async (path: string, token?: string) => (await api.get(`/v1/users/${path}`, { token })).body;
    const followers = await list(`${zoe?.id}/followers`, emile?.token);
    expect(names(followers.data)).toEqual([`Ünal ${word}son`, `${word} Émile`]);
    expect(followers.data.map((each) => each.followedByMe)).toEqual([true, false]);
    expect(followers.meta).toEqual({ limit: 20, nextCursor: null });
    const anonymous = await list(`${emile?.id}/following?limit=1`);
    expect(names(anonymous.data)).toEqual([`Ünal ${word}son`]);
    expect(anonymous.data[0]).not.toHaveProperty('followedByMe');
    expect(names((await list(`${emile?.id}/following?limit=1&cursor=${anonymous.meta.nextCursor}`)).data)).toEqual([
      `Zoë ${word}`,
    ]);
    for (const id of [randomUUID(), 'nobody']) {
      expect((await list(`${id}/followers`)).code).toBe('USER_NOT_FOUND');
    }
  });
});
