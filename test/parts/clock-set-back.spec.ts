import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort, packageRoot } from '#database';
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { Client, type Person, tokenOf } from '../support/platform/client.js';
import { emptyDatabase } from '../support/database/database.js';
import { eventually } from '../support/eventually.js';

const POSTS = 50;

describe('A platform whose clock is set back by an hour', () => {
  const clock = mkdtempSync(join(tmpdir(), 'twofold-clock-'));
  let container: StartedTestContainer;
  let api: Client;
  let author: Person;
  let follower: Person;

  const setClock = (offset: string) => writeFileSync(join(clock, 'clock'), `${offset}\n`);

  beforeAll(async () => {
    chmodSync(clock, 0o755);
    setClock('+0s');
    const port = await freePort();
    const image = await GenericContainer.fromDockerfile(join(packageRoot(), 'test/parts/faketime')).build();
    container = await image
      .withNetworkMode('host')
      .withBindMounts([
        { source: packageRoot(), target: '/app', mode: 'ro' },
        { source: clock, target: '/clock', mode: 'ro' },
      ])
      .withWorkingDir('/app')
      .withEnvironment({
        FAKETIME_TIMESTAMP_FILE: '/clock/clock',
        FAKETIME_NO_CACHE: '1',
        DONT_FAKE_MONOTONIC: '1',
        DATABASE_URL: await emptyDatabase(),
        DATA_DIR: '/tmp/data',
        MASTER_KEY: randomBytes(32).toString('hex'),
        PORT: String(port),
        RATE_LIMIT: 'off',
        DEMO: 'off',
        LOG_LEVEL: 'warn',
      })
      .withCommand([
        'bash',
        '-c',
        'export LD_PRELOAD=$(ls /usr/lib/*/faketime/libfaketimeMT.so.1) && exec node dist/apps/monolith/src/main.js',
      ])
      .withWaitStrategy(Wait.forLogMessage(/listening/))
      .withStartupTimeout(120_000)
      .start();
    api = new Client(`http://127.0.0.1:${port}`);
    await eventually('it is ready', async () => (await api.get('/health/ready')).status === 200);
    [author, follower] = [await api.person('Author'), await api.person('Follower')];
    const followed = await api.put(`/v1/users/${author.id}/follow`, { token: follower.token });
    // The follow has been consumed before the clock changes.
    const headers = { 'consistency-token': tokenOf(followed) };
    expect((await api.get('/v1/feed', { token: follower.token, headers })).status).toBe(200);
    const first = await publish('before');
    await eventually('the follower is notified', async () => (await notifiedPosts()).includes(first.id));
    setClock('-3600s');
  }, 240_000);

  afterAll(async () => {
    await container.stop({ timeout: 0 });
    rmSync(clock, { recursive: true });
  });

  const publish = async (title: string) => {
    const reply = await api.post('/v1/posts', { title, body: 'B', status: 'published' }, { token: author.token });
    expect(reply.status).toBe(201);
    return { id: reply.body.data.id, consistency: tokenOf(reply), createdAt: reply.body.data.createdAt };
  };
  const notifiedPosts = async () => {
    const { data } = (await api.get('/v1/notifications?limit=100', { token: follower.token })).body;
    return data.flatMap(({ type, subject }) => (type === 'post.published' ? [subject?.id] : []));
  };

  it('accepts its own tokens, notifies existing followers, and creates no id twice', async () => {
    const posts = [];
    for (let n = 0; n < POSTS; n++) posts.push(await publish(`after ${n}`));
    const hourAgo = Date.now() - 1_800_000;
    expect(posts.every(({ createdAt }) => Date.parse(createdAt) < hourAgo)).toBe(true);
    for (const { id, consistency } of posts.slice(0, 5)) {
      const read = await api.get(`/v1/posts/${id}`, { headers: { 'consistency-token': consistency } });
      expect([read.status, read.body.data.id]).toEqual([200, id]);
    }
    expect(new Set(posts.map(({ id }) => id)).size).toBe(POSTS);
    await eventually('the follower is notified of all posts', async () => (await notifiedPosts()).length === POSTS + 1);
    // A new follower is not notified of posts that were published before.
    const late = await api.person('Late');
    await api.put(`/v1/users/${author.id}/follow`, { token: late.token });
    const last = await publish('last');
    await eventually('the new follower is notified of the last post', async () => {
      const { data } = (await api.get('/v1/notifications', { token: late.token })).body;
      return data.some(({ subject }) => subject?.id === last.id);
    });
  });
});
