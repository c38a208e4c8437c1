import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from '../support/client.js';
import { temporaryDataFolder } from '../support/data-folder.js';
import { eventually } from '../support/eventually.js';
import { runToEnd, startMonolith } from '../support/monolith.js';

let folder: ReturnType<typeof temporaryDataFolder>;

beforeEach(() => {
  folder = temporaryDataFolder();
});

afterEach(async () => {
  await folder.remove();
});

const start = (settings: Record<string, string> = {}) => startMonolith({ DATA_DIR: folder.path, ...settings });
const postmaster = () => Number(readFileSync(join(folder.path, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]);

/** A process that has ended but was not yet collected by its parent counts as dead. */
const isAlive = (pid: number) => {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
};

describe('The first start', () => {
  const shown = (monolith: { output(): string }) =>
    eventually('the demo log-in is shown', () => Promise.resolve(monolith.output().includes('Demo log-in')));
  const login = async (api: Client, name: string) =>
    (await api.post('/v1/auth/login', { email: `${name}@example.com`, password: 'twofold-demo' })).body.data;

  it('publishes the guide, by people who follow each other and talk; the second adds nothing', async () => {
    const first = await start({ DEMO: 'on' });
    await shown(first);
    const api = new Client(first.url);
    const all = async (client: Client) => (await client.get('/v1/posts?limit=100')).body.data;
    const posts = await all(api);
    expect(posts[0]).toMatchObject({ title: 'What Twofold is', category: { name: 'Start here' } });
    expect(posts.map((post) => post.title)).toEqual(
      expect.arrayContaining(['Outbox and inbox', 'How an event travels']),
    );
    for (const post of posts)
      expect([post.title, post.comments, post.tags.length > 0, post.category === null]).toEqual([
        post.title,
        2,
        true,
        false,
      ]);
    const { accessToken: token } = await login(api, 'ada');
    expect((await api.get('/v1/users/me', { token })).body.data).toMatchObject({
      handle: 'ada',
      followers: 3,
      following: 3,
    });
    await eventually('they hear of each other', async () => {
      const { data } = (await api.get('/v1/notifications?limit=100', { token })).body;
      const types = new Set(data.map((each) => each.type));
      return ['post.published', 'comment.created', 'post.liked', 'user.followed'].every((type) => types.has(type));
    });
    const admin = await login(api, 'margaret');
    expect((await api.post('/v1/categories', { name: 'Mine' }, { token: admin.accessToken })).status).toBe(201);
    await first.stop();
    const second = await start({ DEMO: 'on' });
    await shown(second);
    expect(await all(new Client(second.url))).toEqual(posts);
    await second.stop();
  });

  it('that is killed is made up for by the next', async () => {
    const first = await start({ DEMO: 'on' });
    const api = new Client(first.url);
    await eventually('the first post is there', async () => (await api.get('/v1/posts')).body.meta.total > 0);
    process.kill(first.pid, 'SIGKILL');
    await first.ended;
    const second = await start({ DEMO: 'on' });
    await shown(second);
    const { data } = (await new Client(second.url).get('/v1/posts?limit=100&sort=title')).body;
    expect(new Set(data.map((post) => post.title)).size).toBe(data.length);
    expect(data.map((post) => post.title)).toContain('What Twofold is');
    expect(data.filter((post) => post.comments !== 2).map((post) => post.title)).toEqual([]);
    await second.stop();
  });

  it('that is stopped while it publishes stops, without complaint', async () => {
    const monolith = await start({ DEMO: 'on' });
    const api = new Client(monolith.url);
    await eventually('the first post is there', async () => (await api.get('/v1/posts')).body.meta.total > 0);
    expect(await monolith.stop()).toBe(0);
    expect(monolith.output()).not.toMatch(/Error|\n +at /);
  });

  it('shows a page that needs nothing from elsewhere', async () => {
    const monolith = await start();
    const page = await fetch(monolith.url);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'self';/);
    const html = await page.text();
    expect(html).toContain('<title>Twofold</title>');
    const references = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, address = '']) => address);
    expect(references.filter((address) => /^(https?:)?\/\//.test(address))).toEqual([]);
    for (const address of references.filter((each) => each.startsWith('/'))) {
      expect([address, (await fetch(monolith.url + address)).status]).toEqual([address, 200]);
    }
    await monolith.stop();
  });
});

describe('A start', () => {
  it('tells its steps with their times, the address, the API page and a demo log-in', async () => {
    const monolith = await start({ DEMO: 'on' });
    const api = new Client(monolith.url);
    await eventually('the demo log-in is shown', () => Promise.resolve(monolith.output().includes('Demo log-in')));
    const reply = await api.post('/v1/auth/login', { email: 'demo@example.com', password: 'twofold-demo' });
    await monolith.stop();
    expect(reply.status).toBe(200);
    for (const step of ['database', 'migrations', 'listening'])
      expect(monolith.output()).toMatch(new RegExp(`^  ${step} +\\d+\\.\\d s  `, 'm'));
    expect(monolith.output()).toContain(`${monolith.url}/docs`);
    expect(monolith.output()).toContain('demo@example.com / twofold-demo');
    expect(monolith.output()).toContain('Admin log-in  margaret@example.com / twofold-demo');
  });

  it('makes no demo accounts where others than this machine reach it, unless it is told to', async () => {
    const monolith = await start({ DEMO: '', HOST: '0.0.0.0' });
    const port = new URL(monolith.url).port;
    await eventually('it has said where it is', () => Promise.resolve(monolith.output().includes('Twofold is at')));
    const login = { email: 'demo@example.com', password: 'twofold-demo' };
    expect((await new Client(`http://127.0.0.1:${port}`).post('/v1/auth/login', login)).status).toBe(401);
    await monolith.stop();
    expect(monolith.output()).not.toContain('log-in');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends cleanly on %s, Postgres last, and the next one finds its data',
    async (signal) => {
      const first = await start();
      const person = await new Client(first.url).person('Kept');
      const database = postmaster();
      process.kill(first.pid, signal);
      expect(await first.ended).toBe(0);
      expect(isAlive(database)).toBe(false);
      const second = await start();
      const profile = await new Client(second.url).get(`/v1/users/${person.id}`, { token: person.token });
      await second.stop();
      expect(profile.body.data.displayName).toBe('Kept');
    },
  );

  it('answers requests in hand before it ends', async () => {
    const monolith = await start();
    const api = new Client(monolith.url);
    const registrations = Array.from({ length: 10 }, () =>
      api.person().then(
        () => 'answered',
        (error: Error) => (error.cause ? 'refused' : error.message),
      ),
    );
    await Promise.race(registrations);
    process.kill(monolith.pid, 'SIGTERM');
    const results = await Promise.all(registrations);
    expect(await monolith.ended).toBe(0);
    expect(results.filter((result) => result !== 'answered' && result !== 'refused')).toEqual([]);
  });

  it('does not wait for a client that has stalled', async () => {
    const monolith = await start({ DRAIN_TIMEOUT: '1' });
    const socket = connect(Number(new URL(monolith.url).port), '127.0.0.1');
    const half =
      'POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{';
    await new Promise<void>((done) => socket.write(half, () => done()));
    await new Client(monolith.url).get('/health/live');
    socket.on('error', () => undefined);
    expect(await monolith.stop()).toBe(0);
    socket.destroy();
  });

  it('ends when its database has gone, and the next one just works', async () => {
    const first = await start();
    const person = await new Client(first.url).person();
    process.kill(postmaster(), 'SIGKILL');
    expect(await first.ended).toBe(1);
    expect(first.output()).toContain('The embedded Postgres has ended by itself. Start again');
    const second = await start();
    expect((await new Client(second.url).get('/v1/users/me', { token: person.token })).status).toBe(200);
    await second.stop();
  });

  it('just works after kill -9, with the database that was left running', async () => {
    const first = await start();
    const person = await new Client(first.url).person();
    const database = postmaster();
    process.kill(first.pid, 'SIGKILL');
    await first.ended;
    expect(isAlive(database)).toBe(true);
    const second = await start();
    expect(second.output()).toContain('found running after a crash');
    expect(postmaster()).toBe(database);
    expect((await new Client(second.url).get('/v1/users/me', { token: person.token })).status).toBe(200);
    await second.stop();
    expect(isAlive(database)).toBe(false);
  });

  it('just works after kill -9 of everything', async () => {
    const first = await start();
    const person = await new Client(first.url).person();
    process.kill(first.pid, 'SIGKILL');
    process.kill(postmaster(), 'SIGKILL');
    await first.ended;
    const second = await start();
    expect((await new Client(second.url).get('/v1/users/me', { token: person.token })).status).toBe(200);
    await second.stop();
  });
});

describe('A reset', () => {
  const reset = () =>
    spawnSync(process.execPath, ['tools/reset.mjs'], {
      env: { ...process.env, DATA_DIR: folder.path },
      encoding: 'utf8',
    });

  it('removes everything, but not from under a running process', async () => {
    const monolith = await start();
    const refused = reset();
    expect([refused.status, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/^The data folder .* is in use by another Twofold/),
    ]);
    await monolith.stop();
    expect([reset().status, existsSync(folder.path)]).toEqual([0, false]);
    expect(reset().status).toBe(0);
  });
});

describe('A start that cannot be', () => {
  /** One clear line, no stack, exit code 1, and no database left behind. */
  const refused = async (settings: Record<string, string>, line: RegExp) => {
    const { code, output } = await runToEnd({ DATA_DIR: folder.path, ...settings });
    const complaint = output.split('\n').filter((each) => each && !/^  (database|migrations|listening) /.test(each));
    expect(code).toBe(1);
    expect(complaint.join('\n')).toMatch(line);
    expect(output).not.toMatch(/\n\s+at /);
    return complaint;
  };

  it('because the port is in use, says so', async () => {
    const server: Server = createServer();
    const port = await new Promise<number>((done) =>
      server.listen(0, '127.0.0.1', () => done((server.address() as { port: number }).port)),
    );
    expect(await refused({ PORT: String(port) }, new RegExp(`^Port ${port} is in use\\. .*set PORT`))).toHaveLength(1);
    server.close();
    expect(existsSync(join(folder.path, 'postgres/postmaster.pid'))).toBe(false);
  });

  it('because another instance has the data, says so, and leaves that one alone', async () => {
    const first = await start();
    expect(await refused({}, /is in use by another Twofold \(process \d+\)\. .*set DATA_DIR/)).toHaveLength(1);
    expect((await new Client(first.url).get('/health/ready')).status).toBe(200);
    await first.stop();
  });

  it('because the data folder cannot be made or written, says so', async () => {
    const file = `${folder.path}.file`;
    writeFileSync(file, '');
    for (const path of [`${file}/data`, file, '/proc/twofold/data']) {
      expect(await refused({ DATA_DIR: path }, /^The data folder .* cannot be written/)).toHaveLength(1);
    }
  });

  it('because settings are wrong, names each', async () => {
    const settings = {
      PORT: 'many',
      RELAY_LOOPS: '0',
      DATABASE_URL: 'mysql://x',
      RETRY_SCHEDULE: '1,x',
      ACCESS_TOKEN_TTL: '-1',
    };
    const complaint = await refused(settings, /Some settings are wrong/);
    expect(complaint.map((line) => line.trim().replace(/:.*/, '')).sort()).toEqual([
      'ACCESS_TOKEN_TTL',
      'DATABASE_URL',
      'PORT',
      'RELAY_LOOPS',
      'RETRY_SCHEDULE',
      'Some settings are wrong',
    ]);
  });

  it('because production lacks its secret or has a development switch, says so', async () => {
    const complaint = await refused({ APP_ENV: 'production' }, /MASTER_KEY: is required/);
    expect(complaint.join()).toContain('RATE_LIMIT: off is a development switch');
  });

  it('because the master key is another, says so', async () => {
    await (await start({ MASTER_KEY: '0'.repeat(64) })).stop();
    await refused({ MASTER_KEY: '1'.repeat(64) }, /^MASTER_KEY does not open the signing keys/);
  });
});
