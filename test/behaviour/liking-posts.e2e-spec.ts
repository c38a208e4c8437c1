import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Person } from '../support/platform/client.js';
import { eventually } from '../support/eventually.js';
import { platform } from '../support/platform/story.js';

const api = platform();

describe('Liking a post', () => {
  let author: Person;
  let reader: Person;
  let post: string;

  const write = async (title: string, status = 'published') =>
    (await api.post('/v1/posts', { title, body: 'B', status }, { token: author.token })).body.data;
  const like = (id: string, by = reader) => api.put(`/v1/posts/${id}/like`, { token: by.token });
  const unlike = (id: string, by = reader) => api.delete(`/v1/posts/${id}/like`, { token: by.token });
  const read = (by?: Person, id = post) => api.get(`/v1/posts/${id}`, { token: by?.token });
  const received = async () => {
    const { data } = (await api.get('/v1/notifications', { token: author.token })).body;
    return data.filter((each) => each.type === 'post.liked');
  };

  beforeAll(async () => {
    [author, reader] = [await api.person('Author'), await api.person('Reader')];
    post = (await write('Liked')).id;
  });

  it('counts once per user, even if repeated, and shows each viewer whether they liked it', async () => {
    const before = (await read(author)).headers.get('etag');
    const [first, second] = [await like(post), await like(post)];
    expect([first.status, second.status]).toEqual([204, 204]);
    expect([first.headers.has('consistency-token'), second.headers.has('consistency-token')]).toEqual([true, false]);
    expect((await read(reader)).body.data).toMatchObject({ likes: 1, likedByMe: true, version: 1 });
    expect((await read(author)).body.data).toMatchObject({ likes: 1, likedByMe: false });
    expect((await read()).body.data).not.toHaveProperty('likedByMe');
    const { data } = (await api.get(`/v1/posts?author=${author.id}`, { token: reader.token })).body;
    expect(data.map((item) => [item.likes, item.likedByMe])).toEqual([[1, true]]);
    expect((await read(author)).headers.get('etag')).not.toBe(before);
    const edit = { headers: { 'if-match': before ?? '' }, token: author.token };
    expect((await api.patch(`/v1/posts/${post}`, { summary: 'unaffected by a like' }, edit)).status).toBe(200);
  });

  it('notifies the author once, even if the like is withdrawn and repeated', async () => {
    const [one] = await eventually('the author is notified', async () => (await received()).length > 0 && received());
    expect(one).toMatchObject({ actor: { id: reader.id }, subject: { id: post }, text: 'Reader likes “Liked”.' });
    expect((await unlike(post)).status).toBe(204);
    expect((await unlike(post)).status).toBe(204);
    expect((await read(reader)).body.data).toMatchObject({ likes: 0, likedByMe: false });
    const again = await like(post);
    expect(again.headers.has('consistency-token')).toBe(false);
    expect((await read(reader)).body.data).toMatchObject({ likes: 1, likedByMe: true });
    const third = await api.person('Third');
    await like(post, author);
    await like(post, third);
    await eventually('the third like is notified', async () =>
      (await received()).some((each) => each.actor?.id === third.id),
    );
    expect((await received()).map((each) => each.actor?.id)).toEqual([third.id, reader.id]);
  });

  it('is counted correctly when many users like concurrently', async () => {
    const { id } = await write('Many');
    const people = await Promise.all(Array.from({ length: 12 }, (_, n) => api.person(`P${n}`)));
    const replies = await Promise.all(people.flatMap((person) => [like(id, person), like(id, person)]));
    expect(replies.filter((reply) => reply.status !== 204)).toEqual([]);
    expect((await read(undefined, id)).body.data.likes).toBe(12);
    const sorted = (await api.get(`/v1/posts?author=${author.id}&sort=-likes`)).body.data.map((item) => item.title);
    expect(sorted).toEqual(['Many', 'Liked']);
    const first = (await api.get(`/v1/posts?author=${author.id}&sort=likes&limit=1&cursor=`)).body;
    const second = (await api.get(`/v1/posts?author=${author.id}&sort=likes&limit=1&cursor=${first.meta.nextCursor}`))
      .body;
    expect([...first.data, ...second.data].map((item) => item.title)).toEqual(['Liked', 'Many']);
  });

  it('requires a post that is visible to the caller and published', async () => {
    const draft = await write('Draft', 'draft');
    for (const id of [draft.id, randomUUID(), 'nonsense']) expect((await like(id)).body.code).toBe('POST_NOT_FOUND');
    expect((await like(draft.id, author)).body.code).toBe('POST_NOT_PUBLISHED');
    expect((await api.put(`/v1/posts/${post}/like`)).status).toBe(401);
  });
});
