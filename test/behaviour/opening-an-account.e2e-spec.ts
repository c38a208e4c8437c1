import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { tokenOf } from '../support/platform/client.js';
import { platform } from '../support/platform/story.js';

const api = platform();
const newcomer = (more: object = {}) => ({
  email: `${randomUUID()}@example.com`,
  password: 'correct horse battery',
  displayName: 'Ada Lovelace',
  ...more,
});
const profileOf = async (reply: Awaited<ReturnType<typeof api.post>>) => {
  const { accessToken } = reply.body.data;
  return (await api.get('/v1/users/me', { token: accessToken, headers: { 'consistency-token': tokenOf(reply) } })).body
    .data;
};

describe('Registration', () => {
  it('returns tokens, and the profile is available to requests with them', async () => {
    const reply = await api.post('/v1/auth/register', newcomer());
    expect(reply.status).toBe(201);
    expect(reply.headers.get('location')).toBe('/v1/users/me');
    expect(reply.body.data).toEqual({
      accountId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      accessToken: expect.any(String),
      tokenType: 'Bearer',
      expiresIn: 600,
      refreshToken: expect.any(String),
    });
    const me = await api.get('/v1/users/me', { token: reply.body.data.accessToken });
    expect(me.status).toBe(200);
    expect(me.body.data).toEqual({
      id: reply.body.data.accountId,
      handle: expect.stringMatching(/^ada_lovelace\d*$/),
      displayName: 'Ada Lovelace',
      bio: null,
      imageUrl: null,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      followers: 0,
      following: 0,
      followedByMe: false,
    });
  });

  it('assigns the requested handle, or a numbered one if it is taken or reserved', async () => {
    const requested = `h${randomUUID().slice(0, 8)}`;
    const first = await profileOf(await api.post('/v1/auth/register', newcomer({ handle: requested.toUpperCase() })));
    expect(first.handle).toBe(requested);
    const second = await api.post('/v1/auth/register', newcomer({ handle: requested }));
    expect(second.status).toBe(201);
    expect((await profileOf(second)).handle).toBe(`${requested}2`);
    const reserved = await api.post('/v1/auth/register', newcomer({ handle: 'admin' }));
    expect((await profileOf(reserved)).handle).toMatch(/^admin\d+$/);
  });

  it('derives a handle from every name', async () => {
    for (const displayName of ['李小龙', '🙂', 'Ö', 'x'.repeat(80)]) {
      const profile = await profileOf(await api.post('/v1/auth/register', newcomer({ displayName })));
      expect(profile.displayName).toBe(displayName);
      expect(profile.handle).toMatch(/^[a-z0-9_]{3,30}$/);
    }
  });

  it('rejects an e-mail address that already has an account, ignoring case', async () => {
    const person = newcomer();
    await api.post('/v1/auth/register', person);
    const again = await api.post('/v1/auth/register', { ...person, email: person.email.toUpperCase() });
    expect(again.status).toBe(409);
    expect(again.body.code).toBe('EMAIL_TAKEN');
  });

  it.each([
    ['/email', { email: 'nobody' }],
    ['/password', { password: 'short' }],
    ['/password', { password: 'x'.repeat(129) }],
    ['/displayName', { displayName: '   ' }],
    ['/displayName', { displayName: 'a\0b' }],
    ['/displayName', { displayName: '\ud800' }],
    ['/handle', { handle: 'no spaces' }],
    ['/role', { role: 'admin' }],
  ])('rejects an invalid %s and names it: %j', async (path, more) => {
    const reply = await api.post('/v1/auth/register', newcomer(more));
    expect(reply.status).toBe(400);
    expect(reply.body.code).toBe('VALIDATION_FAILED');
    expect(reply.body.errors).toEqual([
      { in: 'body', path, code: expect.stringMatching(/^[a-z_]+$/), message: expect.stringMatching(/^[a-z]/) },
    ]);
  });
});
