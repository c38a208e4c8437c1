import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Person, tokenOf } from '../support/platform/client.js';
import { eventually } from '../support/eventually.js';
import { platform } from '../support/platform/story.js';

const api = platform();

describe('Notifications', () => {
  let author: Person;
  let reader: Person;
  const posts: string[] = [];

  const list = async (query = '', person = reader) =>
    (await api.get(`/v1/notifications?${query}`, { token: person.token })).body;

  const readAll = (body?: unknown) => api.post('/v1/notifications/read-all', body, { token: reader.token });

  beforeAll(async () => {
    [author, reader] = [await api.person('Author'), await api.person('Reader')];
    await api.get('/v1/users/me', { token: author.token });
    await api.put(`/v1/users/${author.id}/follow`, { token: reader.token });
    for (const title of ['One', 'Two', 'Three']) {
      const post = await api.post('/v1/posts', { title, body: 'B', status: 'published' }, { token: author.token });
      posts.push(post.body.data.id);
    }
    await eventually('the reader is notified of all three posts', async () => (await list()).data.length === 4);
  });

  it('are listed newest first, by cursor, with the number of unread ones', async () => {
    const first = await list('limit=3&cursor=');
    expect(first.data.map((each) => each.subject?.title)).toEqual(['Three', 'Two', 'One']);
    expect(first.meta).toEqual({ limit: 3, nextCursor: expect.any(String), unread: 4 });
    const second = await list(`limit=3&cursor=${first.meta.nextCursor}`);
    expect(second.data.map((each) => each.type)).toEqual(['welcome']);
    expect(second.meta.nextCursor).toBeNull();
  });

  it('are marked as read one by one, and all at once', async () => {
    const [newest] = (await list()).data;
    const read = () => api.patch(`/v1/notifications/${newest?.id}`, { read: true }, { token: reader.token });
    const marked = await read();
    expect(marked.status).toBe(200);
    expect(marked.body.data).toMatchObject({ id: newest?.id, readAt: expect.any(String) });
    expect((await read()).body).toEqual(marked.body);
    expect((await list('unread=true')).data.map((each) => each.id)).not.toContain(newest?.id);
    expect((await list()).meta.unread).toBe(3);
    expect((await readAll()).status).toBe(204);
    expect((await list('unread=true')).data).toEqual([]);
    expect((await list()).meta.unread).toBe(0);
  });

  it('are marked as unread again', async () => {
    const [newest] = (await list()).data;
    const unmark = () => api.patch(`/v1/notifications/${newest?.id}`, { read: false }, { token: reader.token });
    const unmarked = await unmark();
    expect([unmarked.status, unmarked.body.data]).toEqual([200, { ...newest, readAt: null }]);
    expect((await unmark()).body).toEqual(unmarked.body);
    expect((await list('unread=true')).data.map((each) => each.id)).toEqual([newest?.id]);
  });

  it('are marked as read up to a time, which does not include it', async () => {
    const all = (await list()).data;
    for (const { id } of all) await api.patch(`/v1/notifications/${id}`, { read: false }, { token: reader.token });
    const before = all[1]?.createdAt ?? '';
    expect((await readAll({ before })).status).toBe(204);
    expect((await list('unread=true')).data.map((each) => each.id)).toEqual([all[0]?.id, all[1]?.id]);
    const inAnotherZone = new Date(Date.parse(before) + 3_600_000).toISOString().replace('Z', '+01:00');
    for (const time of [inAnotherZone, '2026-01-01T00:00:00+16:00'])
      expect((await readAll({ before: time })).status).toBe(204);
    expect((await list()).meta.unread).toBe(2);
    expect((await readAll({})).status).toBe(204);
    expect((await list()).meta.unread).toBe(0);
  });

  it.each([
    { before: 'yesterday' },
    { before: '0000-01-01T00:00:00Z' },
    { before: null },
    { before: '2026-02-30T00:00:00Z' },
    { after: 1 },
    [],
    'all',
  ])('are not marked as read by %j', async (body) => {
    expect((await readAll(body)).status).toBe(400);
  });

  it('show the current state of a post, and no subject if it is deleted or unpublished', async () => {
    const renamed = await api.patch(`/v1/posts/${posts[0]}`, { title: 'Uno' }, { token: author.token });
    const gone = await api.delete(`/v1/posts/${posts[1]}`, { token: author.token });
    const hidden = await api.post(`/v1/posts/${posts[2]}/unpublish`, undefined, { token: author.token });
    const headers = { 'consistency-token': [renamed, gone, hidden].map(tokenOf).join() };
    const { data } = (await api.get('/v1/notifications', { token: reader.token, headers })).body;
    const received = data.filter((each) => each.type === 'post.published');
    expect(received.map((each) => each.subject?.title ?? null)).toEqual([null, null, 'Uno']);
    expect(received.map((each) => each.text)).toEqual([
      'Author published a post that is no longer available.',
      'Author published a post that is no longer available.',
      'Author published “Uno”.',
    ]);
  });

  it('show a republished post, and do not notify of it again', async () => {
    const anew = await api.post(`/v1/posts/${posts[2]}/publish`, undefined, { token: author.token });
    const last = await api.post(
      '/v1/posts',
      { title: 'Four', body: 'B', status: 'published' },
      { token: author.token },
    );
    const headers = { 'consistency-token': [anew, last].map(tokenOf).join() };
    const titles = await eventually('the notification of the next post arrives', async () => {
      const { data } = (await api.get('/v1/notifications', { token: reader.token, headers })).body;
      const received = data.filter((each) => each.type === 'post.published').map((each) => each.subject?.title ?? null);
      return received[0] === 'Four' && received;
    });
    expect(titles).toEqual(['Four', 'Three', null, 'Uno']);
  });

  it('are accessible to their recipient only', async () => {
    const [one] = (await list()).data;
    for (const id of [one?.id, randomUUID(), 'nonsense']) {
      const reply = await api.patch(`/v1/notifications/${id}`, { read: true }, { token: author.token });
      expect([reply.status, reply.body.code]).toEqual([404, 'NOTIFICATION_NOT_FOUND']);
    }
    expect((await api.get('/v1/notifications')).status).toBe(401);
  });

  it.each(['unread=yes', 'page=1', 'limit=0', 'cursor=x', 'type=welcome'])('reject %s', async (query) => {
    expect((await api.get(`/v1/notifications?${query}`, { token: reader.token })).status).toBe(400);
  });

  it.each([{ read: null }, { read: 'false' }, {}, { read: true, more: 1 }])('reject %j', async (body) => {
    const [one] = (await list()).data;
    expect((await api.patch(`/v1/notifications/${one?.id}`, body, { token: reader.token })).status).toBe(400);
  });
});
