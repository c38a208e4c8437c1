import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { platform } from '../support/platform/story.js';

const api = platform();

describe('Sessions of an account', () => {
  it('are listed with device, address and last use, newest first, and can be ended one by one', async () => {
    const person = await api.person();
    const login = () =>
      api.post(
        '/v1/auth/login',
        { email: person.email, password: person.password },
        { headers: { 'user-agent': 'Second/2.0' } },
      );
    const second = (await login()).body.data;
    const list = async (query = '', token = second.accessToken) =>
      (await api.get(`/v1/auth/sessions?${query}`, { token })).body;
    const { data, meta } = await list();
    expect(meta).toEqual({ limit: 20, nextCursor: null });
    expect(data).toEqual([
      {
        id: expect.any(String),
        device: 'Second/2.0',
        address: '127.0.0.1',
        createdAt: expect.any(String),
        lastUsedAt: expect.any(String),
        current: true,
      },
      expect.objectContaining({ current: false }),
    ]);
    const first = await list('limit=1');
    expect((await list(`limit=1&cursor=${first.meta.nextCursor}`)).data.map((each) => each.id)).toEqual([data[1]?.id]);

    const end = (id: string | undefined, token = second.accessToken) =>
      api.delete(`/v1/auth/sessions/${id}`, { token });
    expect((await end(data[1]?.id)).status).toBe(204);
    expect((await list()).data.map((each) => each.id)).toEqual([data[0]?.id]);
    expect((await api.post('/v1/auth/refresh', { refreshToken: person.refreshToken })).status).toBe(401);
    expect((await api.post('/v1/auth/refresh', { refreshToken: second.refreshToken })).status).toBe(200);
    expect((await end(data[1]?.id)).body.code).toBe('SESSION_NOT_FOUND');
  });

  it('are accessible to their owner only', async () => {
    const [one, other] = [await api.person(), await api.person()];
    const [session] = (await api.get('/v1/auth/sessions', { token: one.token })).body.data;
    for (const id of [session?.id, randomUUID(), 'nonsense']) {
      const reply = await api.delete(`/v1/auth/sessions/${id}`, { token: other.token });
      expect([reply.status, reply.body.code]).toEqual([404, 'SESSION_NOT_FOUND']);
    }
    expect((await api.post('/v1/auth/refresh', { refreshToken: one.refreshToken })).status).toBe(200);
    expect((await api.get('/v1/auth/sessions')).status).toBe(401);
  });
});
