import { forAll } from '../support/infrastructure/parts.js';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '#database';
import { Client, type Person } from '../support/platform/client.js';
import { temporaryDataFolder } from '../support/infrastructure/data-folder.js';
import { startTemporaryPostgres } from '../support/infrastructure/temporary-postgres.js';
import { eventually } from '../support/eventually.js';
import { allDelivered } from '../support/platform/all-delivered.js';
import { type RunningProcess, startMonolith } from '../support/platform/monolith.js';
import { Wire } from '../support/infrastructure/wire.js';

describe('While its database is unavailable, the process', () => {
  const own = temporaryDataFolder();
  let monolith: RunningProcess;
  let api: Client;
  let person: Person;
  let wire: Wire;
  let stopPostgres: () => Promise<void>;

  beforeAll(async () => {
    const postgres = await startTemporaryPostgres();
    stopPostgres = postgres.stop;
    const url = new URL(postgres.url);
    wire = new Wire(Number(url.port));
    await wire.open();
    url.port = String(wire.port);
    monolith = await startMonolith({ DATA_DIR: own.path, DATABASE_URL: url.href });
    api = new Client(monolith.url);
    person = await api.person();
    await api.get('/v1/users/me', { token: person.token });
    // The event of the registration invalidates the cached profile when it is delivered. After that it stays cached.
    await allDelivered({ databases: forAll(postgres.url), operator: {} });
    await api.get('/v1/users/me', { token: person.token });
  });

  afterAll(async () => {
    await monolith.stop();
    await wire.cut();
    await stopPostgres();
    await own.remove();
  });

  it('responds 503 except to cached reads, is live but not ready, and recovers with the database', async () => {
    await wire.cut();
    const requests = [
      () => api.get('/v1/posts'),
      () => api.get('/v1/posts/status'),
      () => api.get('/v1/users/demo'),
      () => api.get('/v1/notifications', { token: person.token }),
      () => api.post('/v1/auth/login', { email: person.email, password: person.password }),
      () => api.post('/v1/auth/refresh', { refreshToken: person.refreshToken }),
      () => api.put(`/v1/users/${randomUUID()}/follow`, { token: person.token }),
    ];
    for (const request of requests) {
      const reply = await request();
      expect([reply.status, reply.body.code, reply.headers.get('retry-after')]).toEqual([503, 'UNAVAILABLE', '1']);
    }
    expect((await api.get('/v1/users/me', { token: person.token })).status).toBe(200);
    expect((await api.get(`/v1/users/${person.id}`)).body.data.id).toBe(person.id);
    expect((await api.get('/health/live')).status).toBe(200);
    const ready = await api.get('/health/ready?verbose');
    expect([ready.status, ready.body]).toEqual([
      503,
      {
        status: 'unavailable',
        missing: ['auth database', 'users database', 'posts database', 'notifications database'],
      },
    ]);
    await wire.open();
    await eventually('it is ready again', async () => (await api.get('/health/ready')).status === 200);
    const renamed = await api.patch('/v1/users/me', { displayName: 'Back' }, { token: person.token });
    expect(renamed.status).toBe(200);
    const headers = { 'consistency-token': renamed.headers.get('consistency-token') ?? '' };
    await eventually('its relays work again', async () => (await api.get('/v1/posts', { headers })).status === 200);
  });
});

describe('Started before its database, the process', () => {
  const own = temporaryDataFolder();

  it('names it, is live but not ready, and continues when it becomes available', async () => {
    const postgres = await startTemporaryPostgres();
    const url = new URL(postgres.url);
    const wire = new Wire(Number(url.port));
    await wire.open();
    await wire.cut();
    url.port = String(wire.port);
    const [port, operations] = [await freePort(), await freePort()];
    const settings = { DATA_DIR: own.path, DATABASE_URL: url.href, PORT: String(port), OPS_PORT: String(operations) };
    const starting = startMonolith(settings);
    const api = new Client(`http://127.0.0.1:${operations}`);
    const live = () => api.get('/health/live').catch(() => undefined);
    expect((await eventually('it is live', live)).status).toBe(200);
    const ready = await api.get('/health/ready');
    expect([ready.status, ready.body.code, ready.headers.get('retry-after')]).toEqual([503, 'UNAVAILABLE', '1']);
    // The port of the API is closed, so that a gateway uses another replica.
    await expect(fetch(`http://127.0.0.1:${port}/v1/posts`)).rejects.toThrow();
    await wire.open();
    const monolith = await starting;
    expect(monolith.output()).toMatch(
      new RegExp(`The database of auth at 127\\.0\\.0\\.1:${wire.port} does not answer \\(ECONNREFUSED\\)\\.`),
    );
    expect(monolith.output()).not.toContain(url.password);
    expect((await api.get('/health/ready')).status).toBe(200);
    expect((await new Client(monolith.url).get('/v1/posts')).status).toBe(200);
    await monolith.stop();
    await wire.cut();
    await postgres.stop();
    await own.remove();
  });
});
