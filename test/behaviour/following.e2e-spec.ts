import { isDeepStrictEqual } from 'node:util';
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Person, tokenOf } from '../support/platform/client.js';
import { eventually } from '../support/eventually.js';
import { platform } from '../support/platform/story.js';

const api = platform();

describe('A profile', () => {
  let ada: Person;

  beforeAll(async () => {
    ada = await api.person('Ada', `ada_${randomUUID().slice(0, 8)}`);
    await api.get('/v1/users/me', { token: ada.token });
  });

  it('is found by id and by handle, without authentication', async () => {
    const byId = await api.get(`/v1/users/${ada.id}`);
    expect(byId.status).toBe(200);
    expect(byId.body.data).not.toHaveProperty('followedByMe');
    for (const name of [byId.body.data.handle, byId.body.data.handle.toUpperCase(), ada.id.toUpperCase()]) {
      expect((await api.get(`/v1/users/${name}`)).body).toEqual(byId.body);
    }
  });

  it('that does not exist is 404, for any identifier', async () => {
    for (const name of ['nobody_at_all', randomUUID(), '%00', 'a%2Fb', '💥', 'x'.repeat(400)]) {
      const reply = await api.get(`/v1/users/${name}`);
      expect([reply.status, name]).toEqual([404, name]);
    }
  });

  it('is changed by its owner', async () => {
    const change = { displayName: 'Ada, Countess', bio: 'Notes\non engines', imageUrl: 'https://example.com/ada.png' };
    const reply = await api.patch('/v1/users/me', change, { token: ada.token });
    expect(reply.status).toBe(200);
    expect(reply.body.data).toMatchObject(change);
    expect((await api.get(`/v1/users/${ada.id}`)).body.data).toMatchObject(change);
    const cleared = await api.patch('/v1/users/me', { bio: null, imageUrl: null }, { token: ada.token });
    expect(cleared.body.data).toMatchObject({ bio: null, imageUrl: null, displayName: 'Ada, Countess' });
  });

  it('keeps its version and publishes no event if nothing has changed', async () => {
    const before = await api.get('/v1/users/me', { token: ada.token });
    const reply = await api.patch('/v1/users/me', {}, { token: ada.token });
    expect(reply.headers.get('etag')).toBe(before.headers.get('etag'));
    expect(reply.headers.has('consistency-token')).toBe(false);
  });

  it('cannot take a handle that is taken or reserved', async () => {
    const bob = await api.person('Bob');
    const { handle } = (await api.get(`/v1/users/${ada.id}`)).body.data;
    for (const requested of [handle, 'followers']) {
      const reply = await api.patch('/v1/users/me', { handle: requested }, { token: bob.token });
      expect([reply.status, reply.body.code]).toEqual([409, 'HANDLE_TAKEN']);
    }
  });

  it('is shown with posts in its current state', async () => {
    const post = await api.post('/v1/posts', { title: 'T', body: 'B' }, { token: ada.token });
    const renamed = await api.patch('/v1/users/me', { displayName: 'A. Lovelace' }, { token: ada.token });
    const headers = { 'consistency-token': tokenOf(renamed) };
    const read = await api.get(`/v1/posts/${post.body.data.id}`, { token: ada.token, headers });
    expect(read.body.data.author.displayName).toBe('A. Lovelace');
  });

  it.each([
    ['/imageUrl', { imageUrl: 'javascript:alert(1)' }],
    ['/imageUrl', { imageUrl: 'data:image/png;base64,AAAA' }],
    ['/handle', { handle: 'ab' }],
    ['/displayName', { displayName: 7 }],
    ['/bio', { bio: 'x'.repeat(501) }],
    ['/followers', { followers: 1_000_000 }],
  ])('rejects an invalid %s: %j', async (path, change) => {
    const reply = await api.patch('/v1/users/me', change, { token: ada.token });
    expect(reply.status).toBe(400);
    expect(reply.body.errors.map((error) => error.path)).toEqual([path]);
  });
});

describe('Following', () => {
  let reader: Person;
  let author: Person;

  beforeAll(async () => {
    [reader, author] = [await api.person('Reader'), await api.personWithProfile('Author')];
    await api.get('/v1/users/me', { token: author.token });
  });

  const follow = (id: string) => api.put(`/v1/users/${id}/follow`, { token: reader.token });
  const unfollow = (id: string) => api.delete(`/v1/users/${id}/follow`, { token: reader.token });
  const seen = async () => (await api.get(`/v1/users/${author.id}`, { token: reader.token })).body.data;

  it('is counted on both profiles, only once if repeated', async () => {
    const first = await follow(author.id);
    expect(first.status).toBe(204);
    expect(tokenOf(first)).not.toBe('');
    const second = await follow(author.id);
    expect(second.status).toBe(204);
    expect(second.headers.has('consistency-token')).toBe(false);
    expect(await seen()).toMatchObject({ followers: 1, followedByMe: true });
    expect((await api.get('/v1/users/me', { token: reader.token })).body.data.following).toBe(1);
  });

  it('can be ended and started again', async () => {
    expect((await unfollow(author.id)).status).toBe(204);
    expect((await unfollow(author.id)).status).toBe(204);
    expect(await seen()).toMatchObject({ followers: 0, followedByMe: false });
    await follow(author.id);
    expect(await seen()).toMatchObject({ followers: 1, followedByMe: true });
  });

  it('is rejected for oneself and for an unknown user', async () => {
    const self = await follow(reader.id);
    expect([self.status, self.body.code]).toEqual([409, 'CANNOT_FOLLOW_ONESELF']);
    for (const id of [randomUUID(), 'not-an-id']) {
      const reply = await follow(id);
      expect([reply.status, reply.body.code]).toEqual([404, 'USER_NOT_FOUND']);
    }
  });

  it('does not deadlock when users follow each other concurrently', async () => {
    const people = await Promise.all([1, 2, 3, 4].map((n) => api.personWithProfile(`P${n}`)));
    await Promise.all(people.map((person) => api.get('/v1/users/me', { token: person.token })));
    const pairs = people.flatMap((one) => people.filter((other) => other !== one).map((other) => ({ one, other })));
    const replies = await Promise.all(
      pairs.map(({ one, other }) => api.put(`/v1/users/${other.id}/follow`, { token: one.token })),
    );
    expect(replies.map((reply) => reply.status)).toEqual(pairs.map(() => 204));
    const counts = await Promise.all(people.map(async ({ id }) => (await api.get(`/v1/users/${id}`)).body.data));
    expect(counts.map(({ followers, following }) => [followers, following])).toEqual(people.map(() => [3, 3]));
  });

  it('withdraws unread notifications of posts that were published after it ended', async () => {
    const [one, other] = [await api.person('One'), await api.personWithProfile('Other')];
    await api.get('/v1/users/me', { token: other.token });
    await api.put(`/v1/users/${other.id}/follow`, { token: one.token });
    await api.delete(`/v1/users/${other.id}/follow`, { token: one.token });
    await api.post('/v1/posts', { title: 'Afterwards', body: 'B', status: 'published' }, { token: other.token });
    await api.put(`/v1/users/${other.id}/follow`, { token: one.token });
    await api.post('/v1/posts', { title: 'Again', body: 'B', status: 'published' }, { token: other.token });
    const titles = async () => {
      const { data } = (await api.get('/v1/notifications', { token: one.token })).body;
      return data.filter((each) => each.type === 'post.published').map((each) => each.subject?.title);
    };
    // The unfollow may be handled last: until then, the reader seems to follow.
    await eventually('the reader is notified of the last post alone', async () =>
      isDeepStrictEqual(await titles(), ['Again']),
    );
  });
});
