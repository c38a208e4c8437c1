import { describe, expect, it } from '@jest/globals';
import { Client, type Person, type Reply } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { type Platform, startPlatform } from '../support/platform.js';
import { asOperator, platform } from '../support/story.js';

const api = platform();

/** A route of each service that needs an account. */
const routes = ['/v1/auth/sessions', '/v1/users/me', '/v1/feed', '/v1/notifications'];
const others = routes.slice(1);

/** What api.md promises: two seconds, while outbox, broker and consumer work. */
const PROMISED_MS = 2_000;

const read = (path: string, token: string): Promise<Reply> => api.get(path, { token });

/** Auth refuses at once, every other service in time, and none accepts it again. */
async function isRefusedEverywhere(token: string): Promise<void> {
  const atAuth = await read('/v1/auth/sessions', token);
  expect([atAuth.status, atAuth.body.code]).toEqual([401, 'SESSION_ENDED']);
  expect(atAuth.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/);
  await Promise.all(
    others.map((path) =>
      eventually(`${path} refuses`, async () => (await read(path, token)).status === 401, PROMISED_MS),
    ),
  );
  for (let again = 0; again < 20; again++) {
    for (const path of routes) {
      const reply = await read(path, token);
      expect([path, reply.status, reply.body.code]).toEqual([path, 401, 'SESSION_ENDED']);
    }
  }
}

async function isAcceptedEverywhere(token: string): Promise<void> {
  for (const path of routes) expect([path, (await read(path, token)).status]).toEqual([path, 200]);
}

const login = async ({ email, password }: Person) => (await api.post('/v1/auth/login', { email, password })).body.data;

describe('Access that has ended', () => {
  it('ends with a log-out, in every service, and nobody else’s does', async () => {
    const [person, other] = [await api.person(), await api.person()];
    const second = await login(person);
    await isAcceptedEverywhere(person.token);
    await isAcceptedEverywhere(second.accessToken);
    expect((await api.post('/v1/auth/logout', undefined, { token: person.token })).status).toBe(204);
    await isRefusedEverywhere(person.token);
    await isAcceptedEverywhere(second.accessToken);
    await isAcceptedEverywhere(other.token);
    // Routes that anybody may read refuse it too: whoever sends a token wants to be known.
    expect((await read('/v1/posts', person.token)).status).toBe(401);
    expect((await api.get('/v1/posts')).status).toBe(200);
  });

  it('ends from another device, and for all others at once', async () => {
    const person = await api.person();
    const [second, third] = [await login(person), await login(person)];
    for (const { accessToken } of [second, third]) await isAcceptedEverywhere(accessToken);
    const { data } = (await api.get('/v1/auth/sessions', { token: third.accessToken })).body;
    const oldest = data.at(-1)?.id ?? '';
    expect((await api.delete(`/v1/auth/sessions/${oldest}`, { token: third.accessToken })).status).toBe(204);
    await isRefusedEverywhere(person.token);
    await isAcceptedEverywhere(second.accessToken);
    expect((await api.delete('/v1/auth/sessions', { token: third.accessToken })).status).toBe(204);
    await isRefusedEverywhere(second.accessToken);
    await isAcceptedEverywhere(third.accessToken);
    expect((await api.post('/v1/auth/refresh', { refreshToken: second.refreshToken })).status).toBe(401);
  });

  it('ends with a suspension, which keeps one from logging in until it ends', async () => {
    const person = await api.person();
    await isAcceptedEverywhere(person.token);
    await asOperator('users', 'suspend', person.id);
    await isRefusedEverywhere(person.token);
    const refused = await api.post('/v1/auth/login', { email: person.email, password: person.password });
    expect([refused.status, refused.body.code]).toEqual([403, 'ACCOUNT_SUSPENDED']);
    const wrong = await api.post('/v1/auth/login', { email: person.email, password: 'not the password' });
    expect(wrong.body.code).toBe('INVALID_CREDENTIALS');
    expect((await api.post('/v1/auth/refresh', { refreshToken: person.refreshToken })).status).toBe(401);
    await asOperator('users', 'resume', person.id);
    const again = await login(person);
    await Promise.all(
      others.map((path) =>
        eventually(`${path} accepts`, async () => (await read(path, again.accessToken)).status === 200, PROMISED_MS),
      ),
    );
    await isAcceptedEverywhere(again.accessToken);
    expect((await read('/v1/users/me', person.token)).status).toBe(401);
  });

  it('ends with the account', async () => {
    const person = await api.person();
    await isAcceptedEverywhere(person.token);
    await asOperator('users', 'delete', person.id, '--yes');
    await isRefusedEverywhere(person.token);
    expect((await api.post('/v1/auth/refresh', { refreshToken: person.refreshToken })).status).toBe(401);
  });

  it('changes with a role, for tokens of before too', async () => {
    const person = await api.person();
    const write = () => api.post('/v1/posts', { title: 'T', body: 'B' }, { token: person.token });
    expect((await write()).status).toBe(201);
    await asOperator('users', 'role', person.id, 'reader');
    expect((await api.get('/v1/auth/account', { token: person.token })).body.data).toMatchObject({ role: 'reader' });
    await eventually('posts knows the new role', async () => (await write()).status === 403, PROMISED_MS);
    for (let again = 0; again < 20; again++) expect((await write()).status).toBe(403);
    await asOperator('users', 'role', person.id, 'author');
    await eventually('posts knows the old role again', async () => (await write()).status === 201, PROMISED_MS);
  });
});

describe('A session', () => {
  it('ends when it has lasted as long as any may, however it is used', async () => {
    const own: Platform = await startPlatform({ SESSION_TTL: '0' });
    try {
      const strict = new Client(own.url);
      const person = await strict.person();
      const reply = await strict.post('/v1/auth/refresh', { refreshToken: person.refreshToken });
      expect([reply.status, reply.body.code]).toEqual([401, 'REFRESH_TOKEN_INVALID']);
    } finally {
      await own.stop();
    }
  });
});

describe('An account', () => {
  it('is shown to its owner', async () => {
    const person = await api.person();
    const { body } = await api.get('/v1/auth/account', { token: person.token });
    expect(body.data).toEqual({ id: person.id, email: person.email, role: 'author', createdAt: expect.any(String) });
  });

  it.each(['password1', 'Password1', 'qwertyuiop', '1234567890', 'ada_the_first', 'Ada.The.First@example.com'])(
    'is not opened with a password that others would try first: %s',
    async (password) => {
      const registration = {
        email: 'ada.the.first@example.com',
        displayName: 'Ada',
        handle: 'ada_the_first',
        password,
      };
      const reply = await api.post('/v1/auth/register', registration);
      expect([reply.status, reply.body.code]).toEqual([400, 'VALIDATION_FAILED']);
      expect(reply.body.errors).toMatchObject([{ path: 'password', code: 'too_common' }]);
    },
  );
});
