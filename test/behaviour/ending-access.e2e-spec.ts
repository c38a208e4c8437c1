import { describe, expect, it } from '@jest/globals';
import { Client, type Person, type Reply } from '../support/platform/client.js';
import { eventually } from '../support/eventually.js';
import { type Platform, startPlatform } from '../support/platform/platform.js';
import { asOperator, platform } from '../support/platform/story.js';

const api = platform();

/** A route of each service that needs an account. */
const routes = ['/v1/auth/sessions', '/v1/users/me', '/v1/feed', '/v1/notifications'];
const others = routes.slice(1);

/** The limit in api.md: two seconds, while outbox, broker and consumer work. */
const PROMISED_MS = 2_000;

const read = (path: string, token: string): Promise<Reply> => api.get(path, { token });

/** Auth rejects the token at once, every other service within PROMISED_MS, and none accepts it again. */
async function expectRejectedEverywhere(token: string): Promise<void> {
  const atAuth = await read('/v1/auth/sessions', token);
  expect([atAuth.status, atAuth.body.code]).toEqual([401, 'SESSION_ENDED']);
  expect(atAuth.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/);
  await Promise.all(
    others.map((path) =>
      eventually(`${path} rejects the token`, async () => (await read(path, token)).status === 401, PROMISED_MS),
    ),
  );
  for (let again = 0; again < 20; again++) {
    for (const path of routes) {
      const reply = await read(path, token);
      expect([path, reply.status, reply.body.code]).toEqual([path, 401, 'SESSION_ENDED']);
    }
  }
}

async function expectAcceptedEverywhere(token: string): Promise<void> {
  for (const path of routes) expect([path, (await read(path, token)).status]).toEqual([path, 200]);
}

const login = async ({ email, password }: Person) => (await api.post('/v1/auth/login', { email, password })).body.data;

describe('Access', () => {
  it('ends with a log-out, in every service, for that session only', async () => {
    const [person, other] = [await api.person(), await api.person()];
    const second = await login(person);
    await expectAcceptedEverywhere(person.token);
    await expectAcceptedEverywhere(second.accessToken);
    expect((await api.post('/v1/auth/logout', undefined, { token: person.token })).status).toBe(204);
    await expectRejectedEverywhere(person.token);
    await expectAcceptedEverywhere(second.accessToken);
    await expectAcceptedEverywhere(other.token);
    // Public routes reject it too: a token that is sent must be valid.
    expect((await read('/v1/posts', person.token)).status).toBe(401);
    expect((await api.get('/v1/posts')).status).toBe(200);
  });

  it('ends when another session ends it, alone or with all others', async () => {
    const person = await api.person();
    const [second, third] = [await login(person), await login(person)];
    for (const { accessToken } of [second, third]) await expectAcceptedEverywhere(accessToken);
    const { data } = (await api.get('/v1/auth/sessions', { token: third.accessToken })).body;
    const oldest = data.at(-1)?.id ?? '';
    expect((await api.delete(`/v1/auth/sessions/${oldest}`, { token: third.accessToken })).status).toBe(204);
    await expectRejectedEverywhere(person.token);
    await expectAcceptedEverywhere(second.accessToken);
    expect((await api.delete('/v1/auth/sessions', { token: third.accessToken })).status).toBe(204);
    await expectRejectedEverywhere(second.accessToken);
    await expectAcceptedEverywhere(third.accessToken);
    expect((await api.post('/v1/auth/refresh', { refreshToken: second.refreshToken })).status).toBe(401);
  });

  it('ends with a suspension, which blocks log-in until it is lifted', async () => {
    const person = await api.person();
    await expectAcceptedEverywhere(person.token);
    await asOperator('users', 'suspend', person.id);
    await expectRejectedEverywhere(person.token);
    const refused = await api.post('/v1/auth/login', { email: person.email, password: person.password });
    expect([refused.status, refused.body.code]).toEqual([403, 'ACCOUNT_SUSPENDED']);
    const wrong = await api.post('/v1/auth/login', { email: person.email, password: 'not the password' });
    expect(wrong.body.code).toBe('INVALID_CREDENTIALS');
    expect((await api.post('/v1/auth/refresh', { refreshToken: person.refreshToken })).status).toBe(401);
    await asOperator('users', 'resume', person.id);
    const again = await login(person);
    await Promise.all(
      others.map((path) =>
        eventually(
          `${path} accepts the token`,
          async () => (await read(path, again.accessToken)).status === 200,
          PROMISED_MS,
        ),
      ),
    );
    await expectAcceptedEverywhere(again.accessToken);
    expect((await read('/v1/users/me', person.token)).status).toBe(401);
  });

  it('ends when the account is deleted', async () => {
    const person = await api.person();
    await expectAcceptedEverywhere(person.token);
    await asOperator('users', 'delete', person.id, '--yes');
    await expectRejectedEverywhere(person.token);
    expect((await api.post('/v1/auth/refresh', { refreshToken: person.refreshToken })).status).toBe(401);
  });

  it('follows a change of the role, for earlier tokens too', async () => {
    const person = await api.person();
    const write = () => api.post('/v1/posts', { title: 'T', body: 'B' }, { token: person.token });
    expect((await write()).status).toBe(201);
    await asOperator('users', 'role', person.id, 'reader');
    expect((await api.get('/v1/auth/account', { token: person.token })).body.data).toMatchObject({ role: 'reader' });
    await eventually('posts applies the new role', async () => (await write()).status === 403, PROMISED_MS);
    for (let again = 0; again < 20; again++) expect((await write()).status).toBe(403);
    await asOperator('users', 'role', person.id, 'author');
    await eventually('posts applies the old role again', async () => (await write()).status === 201, PROMISED_MS);
  });
});

describe('A session', () => {
  it('ends at its maximum age, even if it is in use', async () => {
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
    'is not created with an easily guessed password: %s',
    async (password) => {
      const registration = {
        email: 'ada.the.first@example.com',
        displayName: 'Ada',
        handle: 'ada_the_first',
        password,
      };
      const reply = await api.post('/v1/auth/register', registration);
      expect([reply.status, reply.body.code]).toEqual([400, 'VALIDATION_FAILED']);
      expect(reply.body.errors).toMatchObject([{ path: '/password', code: 'too_common' }]);
    },
  );
});
