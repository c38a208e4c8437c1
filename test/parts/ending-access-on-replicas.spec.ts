import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from '../support/platform/client.js';
import { eventually } from '../support/eventually.js';
import { type RunningProcess, startMonolith } from '../support/platform/monolith.js';
import { type Platform, startPlatform } from '../support/platform/platform.js';

/** The time limit that api.md guarantees. */
const PROMISED_MS = 2_000;
const ROUNDS = 5;
const paths: Readonly<Record<string, string>> = {
  auth: '/v1/auth/sessions',
  users: '/v1/users/me',
  posts: '/v1/feed',
  notifications: '/v1/notifications',
};

describe('Two replicas of each service', () => {
  let platform: Platform;
  let more: RunningProcess[];
  let api: Client;
  let endpoints: { readonly path: string; readonly client: Client }[];

  beforeAll(async () => {
    platform = await startPlatform({}, { topology: 'services' });
    api = new Client(platform.url);
    const services = Object.keys(paths);
    more = await Promise.all(
      services.map((service) =>
        startMonolith(
          { ...platform.operator, SERVICES: service, AUTH_JWKS_URL: `${platform.url}/.well-known/jwks.json` },
          `dist/apps/${service}/src/main.js`,
        ),
      ),
    );
    const secondReplicas = services.map((service, index) => ({
      path: paths[service] ?? '',
      client: new Client(more[index]?.url ?? ''),
    }));
    for (const { client } of secondReplicas)
      await eventually('it is ready', async () => (await client.get('/health/ready')).status === 200);
    endpoints = [...services.map((service) => ({ path: paths[service] ?? '', client: api })), ...secondReplicas];
  });

  afterAll(async () => {
    await Promise.all(more.map((each) => each.stop()));
    await platform.stop();
  });

  it('all reject a session within two seconds of its end, and none accepts it again', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { token } = await api.person();
      for (const { path, client } of endpoints)
        expect([path, (await client.get(path, { token })).status]).toEqual([path, 200]);
      await api.post('/v1/auth/logout', undefined, { token });
      await Promise.all(
        endpoints.map(({ path, client }) =>
          eventually(`${path} rejects it`, async () => (await client.get(path, { token })).status === 401, PROMISED_MS),
        ),
      );
      for (let again = 0; again < 10; again++) {
        for (const { path, client } of endpoints) {
          const reply = await client.get(path, { token });
          expect([path, reply.status, reply.body.code]).toEqual([path, 401, 'SESSION_ENDED']);
        }
      }
    }
  });
});
