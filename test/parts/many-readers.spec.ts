import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { allDelivered } from '../support/platform/all-delivered.js';
import { Client } from '../support/platform/client.js';
import { eventually } from '../support/eventually.js';
import { type RunningProcess, startMonolith } from '../support/platform/monolith.js';
import { type Platform, startPlatform } from '../support/platform/platform.js';

const ENTRY = 'dist/test/support/platform/counting-process.js';

/** Four processes of the posts service that share one Redis and log every SQL statement. */
describe('A thousand reads in four processes, 250 at once', () => {
  let platform: Platform;
  let more: RunningProcess[];

  beforeAll(async () => {
    platform = await startPlatform({}, { entry: ENTRY, topology: 'services' });
    const settings = {
      ...platform.operator,
      SERVICES: 'posts',
      AUTH_JWKS_URL: `${platform.url}/.well-known/jwks.json`,
    };
    more = await Promise.all(Array.from({ length: 3 }, () => startMonolith(settings, ENTRY)));
  });

  afterAll(async () => {
    await Promise.all(more.map((each) => each.stop()));
    await platform.stop();
  });

  it('of a post that has just changed cost the database one statement', async () => {
    const api = new Client(platform.url);
    const author = await api.person('Author');
    const { body } = await api.post(
      '/v1/posts',
      { title: 'T', body: 'B', status: 'published' },
      { token: author.token },
    );
    await api.patch(`/v1/posts/${body.data.id}`, { title: 'Changed' }, { token: author.token });
    await allDelivered(platform);
    const traceId = randomBytes(16).toString('hex');
    const headers = { traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01` };
    const clients = [api, ...more.map(({ url }) => new Client(url))];
    const titles = new Set<string>();
    // More at once would be an overload on a slow machine, and be refused.
    for (let wave = 0; wave < 4; wave++) {
      const requests = Array.from({ length: 250 }, (_, n) =>
        (clients[n % 4] as Client).get(`/v1/posts/${body.data.id}`, { headers }),
      );
      for (const reply of await Promise.all(requests)) titles.add(`${reply.status} ${reply.body.data?.title}`);
    }
    expect(titles).toEqual(new Set(['200 Changed']));
    const statementCount = () =>
      [platform.output(), ...more.map((each) => each.output())].join('').split(`sql ${traceId} `).length - 1;
    // A later request to each process; its statement is logged after those of the reads.
    const marker = randomBytes(16).toString('hex');
    const marked = { traceparent: `00-${marker}-${randomBytes(8).toString('hex')}-01` };
    for (const { url } of more) await new Client(url).get('/health/ready', { headers: marked });
    await new Client(platform.operations['posts'] ?? '').get('/health/ready', { headers: marked });
    await eventually('all statements are logged', () =>
      Promise.resolve(
        [platform.output(), ...more.map((each) => each.output())].join('').split(`sql ${marker} `).length > 4,
      ),
    );
    expect(statementCount()).toBe(1);
  });
});
