import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Person } from '../support/platform/client.js';
import { eventually } from '../support/eventually.js';
import { platform } from '../support/platform/story.js';

const api = platform();
const handle = (name: string) => `${name}_${randomBytes(4).toString('hex')}`;

describe('Mentioning a user', () => {
  const [authorHandle, friendHandle] = [handle('author'), handle('friend')];
  let author: Person;
  let friend: Person;

  const notifications = async (person: Person) =>
    (await api.get('/v1/notifications', { token: person.token })).body.data;
  const received = async (person: Person, type = 'mention') =>
    (await notifications(person)).filter((each) => each.type === type);
  const publish = async (body: string, by = author) =>
    (await api.post('/v1/posts', { title: 'Greetings', body, status: 'published' }, { token: by.token })).body.data.id;

  beforeAll(async () => {
    [author, friend] = [await api.personWithProfile('Author', authorHandle), await api.person('Friend', friendHandle)];
    for (const { token } of [author, friend]) await api.get('/v1/notifications', { token });
  });

  it('in a post notifies them once, ignoring case', async () => {
    const id = await publish(
      `Hello @${friendHandle.toUpperCase()} and again @${friendHandle}, @nobody_at_all, @${authorHandle}`,
    );
    const [one] = await eventually(
      'the friend is notified',
      async () => (await received(friend)).length > 0 && received(friend),
    );
    expect(one).toMatchObject({
      actor: { id: author.id },
      subject: { type: 'post', id, title: 'Greetings' },
      text: 'Author mentioned you in “Greetings”.',
    });
    expect(await received(author)).toEqual([]);
  });

  it('who follows the author creates one notification, a mention', async () => {
    await api.put(`/v1/users/${author.id}/follow`, { token: friend.token });
    const [plain, mentioning] = [await publish('Nothing'), await publish(`@${friendHandle}!`)];
    const about = async () => {
      const all = (await notifications(friend)).filter((each) => [plain, mentioning].includes(each.subject?.id ?? ''));
      return all.length === 2 && all.some((each) => each.type === 'mention') && all;
    };
    const both = await eventually('the friend is notified of both posts', about);
    expect(both.map((each) => [each.subject?.id, each.type])).toEqual([
      [mentioning, 'mention'],
      [plain, 'post.published'],
    ]);
    await api.delete(`/v1/users/${author.id}/follow`, { token: friend.token });
  });

  it('by an edit notifies them once, also if the post is published again', async () => {
    const fifth = await api.person('Fifth', handle('fifth'));
    const { handle: fifthHandle } = (await api.get('/v1/users/me', { token: fifth.token })).body.data;
    const id = await publish('Nobody yet');
    const token = { token: author.token };
    await api.patch(`/v1/posts/${id}`, { body: `Dear @${fifthHandle}` }, token);
    const [mention] = await eventually(
      'the edit notifies',
      async () => (await received(fifth)).length > 0 && received(fifth),
    );
    expect(mention?.subject).toMatchObject({ type: 'post', id });
    await api.patch(`/v1/posts/${id}`, { body: `Dear @${fifthHandle}, once more` }, token);
    await api.post(`/v1/posts/${id}/unpublish`, undefined, token);
    await api.post(`/v1/posts/${id}/publish`, undefined, token);
    const last = await publish(`Another one for @${fifthHandle}`);
    const ids = await eventually('the next post notifies', async () => {
      const found = (await received(fifth)).map((each) => each.subject?.id);
      return found[0] === last && found;
    });
    expect(ids).toEqual([last, id]);
  });

  it('in a comment creates no mention if they are notified of the comment anyway', async () => {
    const third = await api.person('Third', handle('third'));
    const { handle: thirdHandle } = (await api.get('/v1/users/me', { token: third.token })).body.data;
    const post = await publish('Discuss');
    const body = `@${authorHandle} @${thirdHandle} @${friendHandle} see this`;
    const reply = await api.post(`/v1/posts/${post}/comments`, { body }, { token: friend.token });
    const [mention] = await eventually(
      'the third user is notified',
      async () => (await received(third)).length > 0 && received(third),
    );
    expect(mention?.subject).toMatchObject({ type: 'comment', id: reply.body.data.id, post: { id: post } });
    const [commented] = await received(author, 'comment.created');
    expect(commented?.subject?.id).toBe(reply.body.data.id);
    expect(await received(author)).toEqual([]);
    expect((await received(friend)).filter((each) => each.actor?.id === friend.id)).toEqual([]);
  });

  it('notifies the user who has the handle at that time', async () => {
    const [old, recent] = [await api.person('Old', handle('old')), await api.person('Recent')];
    const taken = (await api.get('/v1/users/me', { token: old.token })).body.data.handle;
    await api.patch('/v1/users/me', { handle: handle('gone') }, { token: old.token });
    await api.patch('/v1/users/me', { handle: taken }, { token: recent.token });
    await publish(`Dear @${taken}`);
    await eventually('the current owner of the handle is notified', async () => (await received(recent)).length === 1);
    expect(await received(old)).toEqual([]);
  });
});
