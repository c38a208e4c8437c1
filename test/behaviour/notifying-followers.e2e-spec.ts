import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Client, type Person, tokenOf } from '../support/platform/client.js';
import { eventually } from '../support/eventually.js';
import { platform } from '../support/platform/story.js';

describe('Receiving notifications', () => {
  let api: Client;
  let author: Person;
  let reader: Person;

  beforeAll(async () => {
    api = platform();
    author = await api.personWithProfile('Grace Hopper');
    reader = await api.person('Alan Turing');
  });

  const notificationsOf = async (person: Person, type: string) => {
    const reply = await api.get('/v1/notifications', { token: person.token });
    expect(reply.status).toBe(200);
    return reply.body.data.filter((each: { type: string }) => each.type === type);
  };

  it('gives a new account a welcome on the first read', async () => {
    const [welcome, ...more] = await notificationsOf(reader, 'welcome');
    expect(more).toEqual([]);
    expect(welcome).toMatchObject({ actor: null, subject: null, readAt: null, text: 'Welcome to Twofold.' });
  });

  it('notifies followers of a published post, and its author of a new follower', async () => {
    expect((await api.put(`/v1/users/${author.id}/follow`, { token: reader.token })).status).toBe(204);
    const created = await api.post('/v1/posts', { title: 'COBOL for all', body: 'Hello' }, { token: author.token });
    expect(created.status).toBe(201);
    const { id, slug } = created.body.data;
    const published = await api.post(`/v1/posts/${id}/publish`, undefined, { token: author.token });
    expect(published.status).toBe(200);
    const [received] = await eventually('the follower is notified of the post', async () => {
      const found = await notificationsOf(reader, 'post.published');
      return found.length > 0 && found;
    });
    expect(received).toMatchObject({
      actor: { id: author.id, displayName: 'Grace Hopper' },
      subject: { type: 'post', id, slug, title: 'COBOL for all' },
      text: 'Grace Hopper published “COBOL for all”.',
    });
    const [followed] = await eventually('the author is notified of the follower', async () => {
      const found = await notificationsOf(author, 'user.followed');
      return found.length > 0 && found;
    });
    expect(followed).toMatchObject({ actor: { id: reader.id }, subject: null });
    expect(tokenOf(published)).not.toBe('');
  });

  it('notifies of a follower once a day', async () => {
    const other = await api.person('Another follower');
    const follows = `/v1/users/${author.id}/follow`;
    for (let round = 0; round < 3; round++) {
      await api.delete(follows, { token: reader.token });
      await api.put(follows, { token: reader.token });
    }
    await api.put(follows, { token: other.token });
    const all = await eventually('the author is notified of the other follower', async () => {
      const found = await notificationsOf(author, 'user.followed');
      return found.some((each) => each.actor?.id === other.id) && found;
    });
    const days = all.filter(({ actor }) => actor?.id === reader.id).map(({ createdAt }) => createdAt.slice(0, 10));
    expect(days).toEqual([...new Set(days)]);
  });
});
