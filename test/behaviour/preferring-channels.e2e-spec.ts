import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { Person, Reply } from '../support/platform/client.js';
import { eventually } from '../support/eventually.js';
import { platform } from '../support/platform/story.js';

const api = platform();
const on = { inApp: true, email: true, webhook: true };
const all = {
  welcome: on,
  'post.published': on,
  'comment.created': on,
  'post.liked': on,
  'user.followed': on,
  mention: on,
};

describe('Preferences', () => {
  const read = (person: Person) => api.get('/v1/notifications/preferences', { token: person.token });
  const replace = (person: Person, body: unknown): Promise<Reply> =>
    api.put('/v1/notifications/preferences', { token: person.token, body });

  it('are all on by default, and replaced as a whole', async () => {
    const person = await api.person();
    expect((await read(person)).body.data).toEqual(all);
    const some = { 'post.liked': { inApp: false }, mention: { email: false, webhook: false } };
    const wanted = {
      ...all,
      'post.liked': { ...on, inApp: false },
      mention: { inApp: true, email: false, webhook: false },
    };
    const reply = await replace(person, some);
    expect([reply.status, reply.body.data]).toEqual([200, wanted]);
    expect((await read(person)).body.data).toEqual(wanted);
    expect((await replace(person, {})).body.data).toEqual(all);
    expect((await read(person)).body.data).toEqual(all);
  });

  it('have a version that counts changes, which If-Match compares', async () => {
    const person = await api.person();
    const tagOf = async () => (await read(person)).headers.get('etag') ?? '';
    const first = await tagOf();
    expect(first).toMatch(/^"1-[\w-]+"$/);
    const put = (tag: string, body: unknown) =>
      api.put('/v1/notifications/preferences', { token: person.token, body, headers: { 'if-match': tag } });
    const changed = await put(first, { mention: { inApp: false } });
    expect([changed.status, changed.headers.get('etag')]).toEqual([200, await tagOf()]);
    expect(await tagOf()).toMatch(/^"2-/);
    const stale = await put(first, {});
    expect([stale.status, stale.body.code]).toEqual([412, 'PRECONDITION_FAILED']);
    expect((await put(await tagOf(), { mention: { inApp: false } })).headers.get('etag')).toMatch(/^"2-/);
    expect((await put('*', {})).headers.get('etag')).toMatch(/^"3-/);
    expect((await put('nonsense', {})).status).toBe(400);
    const notModified = { token: person.token, headers: { 'if-none-match': await tagOf() } };
    expect((await api.get('/v1/notifications/preferences', notModified)).status).toBe(304);
  });

  it('suppress notifications of a disabled type, even after it is enabled again', async () => {
    const handle = `third_${randomBytes(4).toString('hex')}`;
    const [author, fan] = [await api.personWithProfile('Author'), await api.person('Fan')];
    const third = await api.person('Third', handle);
    for (const { token } of [author, third]) await api.get('/v1/notifications', { token });
    await replace(author, { 'comment.created': { inApp: false } });
    const { id } = (
      await api.post('/v1/posts', { title: 'T', body: 'B', status: 'published' }, { token: author.token })
    ).body.data;
    const comment = (body: string) => api.post(`/v1/posts/${id}/comments`, { body }, { token: fan.token });
    const types = async (person = author) =>
      (await api.get('/v1/notifications', { token: person.token })).body.data.map((each) => each.type);
    // One handler notifies the author and the mentioned user, in one transaction.
    await comment(`Unseen, @${handle}`);
    await eventually('the mentioned user is notified', async () => (await types(third)).includes('mention'));
    await replace(author, {});
    await comment('Seen');
    await eventually('the author is notified of the second comment', async () =>
      (await types()).includes('comment.created'),
    );
    expect((await types()).filter((type) => type === 'comment.created')).toHaveLength(1);
    expect((await api.get('/v1/notifications', { token: author.token })).body.meta.unread).toBe((await types()).length);
  });

  it.each([
    [{ nonsense: on }],
    [{ mention: { sms: true } }],
    [{ mention: { inApp: 'yes' } }],
    [{ mention: true }],
    [{ mention: null }],
    [[]],
    ['text'],
    [undefined],
  ])('reject the body %j', async (body) => {
    const person = await api.person();
    const reply = await replace(person, body);
    expect([reply.status, reply.body.code]).toEqual([400, 'VALIDATION_FAILED']);
  });

  it('require authentication', async () => {
    expect((await api.get('/v1/notifications/preferences')).status).toBe(401);
  });
});
