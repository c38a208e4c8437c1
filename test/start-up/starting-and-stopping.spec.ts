import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Body, Client, type Fields } from '../support/platform/client.js';
import { temporaryDataFolder } from '../support/infrastructure/data-folder.js';
import { eventually } from '../support/eventually.js';
import { beginMonolith, type RunningProcess, runToEnd, startMonolith } from '../support/platform/monolith.js';

let folder: ReturnType<typeof temporaryDataFolder>;
let started: RunningProcess[] = [];

beforeEach(() => {
  folder = temporaryDataFolder();
});

afterEach(async () => {
  // A test that has failed may not have stopped its processes; Jest would wait for them.
  await Promise.all(started.map((each) => each.stop()));
  started = [];
  await folder.remove();
});

const start = async (settings: Record<string, string> = {}) => {
  const monolith = await startMonolith({ DATA_DIR: folder.path, ...settings });
  started.push(monolith);
  return monolith;
};
const postmaster = () => Number(readFileSync(join(folder.path, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]);

/** A zombie process (ended, not yet reaped by its parent) counts as dead. */
const isAlive = (pid: number) => {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
};

describe('The first start', () => {
  const shown = (monolith: { output(): string }) =>
    eventually('the demo log-in is shown', () => Promise.resolve(monolith.output().includes('Demo log-in')));
  const login = async (api: Client, name: string) =>
    (await api.post('/v1/auth/login', { email: `${name}@example.com`, password: 'twofold-demo' })).body.data;

  /** All, of all pages: there are as many as the guide has pages, and more. */
  const notifications = async (api: Client, token: string) => {
    const found: Fields[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { data, meta }: Body = (await api.get(`/v1/notifications?limit=100&cursor=${cursor}`, { token })).body;
      found.push(...data);
      cursor = meta.nextCursor;
    }
    return found;
  };

  it('publishes the guide by accounts that follow and comment; the second start adds nothing', async () => {
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
    await eventually('a notification of each type arrives', async () => {
      const types = new Set((await notifications(api, token)).map((each) => each.type));
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

  it('that is killed is completed by the next start', async () => {
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

  it('that is stopped while it publishes ends without errors', async () => {
    const monolith = await start({ DEMO: 'on' });
    const api = new Client(monolith.url);
    await eventually('the first post is there', async () => (await api.get('/v1/posts')).body.meta.total > 0);
    expect(await monolith.stop()).toBe(0);
    expect(monolith.output()).not.toMatch(/Error|\n +at /);
  });

  it('serves a page without external resources', async () => {
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
  it('on an address of IPv6 prints that address', async () => {
    const monolith = await start({ HOST: '::1' });
    expect(monolith.url).toContain('//[::1]:');
    expect((await new Client(monolith.url).get('/health/ready')).status).toBe(200);
    await monolith.stop();
  });

  it('prints its steps with their times, the URL, the API page and a demo log-in', async () => {
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

  it('creates no demo accounts if it is reachable from other machines, unless DEMO=on', async () => {
    const monolith = await start({ DEMO: '', HOST: '0.0.0.0' });
    const port = new URL(monolith.url).port;
    await eventually('the URL is printed', () => Promise.resolve(monolith.output().includes('Twofold is at')));
    const login = { email: 'demo@example.com', password: 'twofold-demo' };
    expect((await new Client(`http://127.0.0.1:${port}`).post('/v1/auth/login', login)).status).toBe(401);
    await monolith.stop();
    expect(monolith.output()).not.toContain('log-in');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends cleanly on %s, Postgres last, and the next start finds its data',
    async (signal) => {
      const first = await start();
      const person = await new Client(first.url).person('Kept');
      const database = postmaster();
      process.kill(first.pid, signal);
      expect(await first.ended).toBe(0);
      expect(first.output()).toContain('stopping             waits for open requests and handlers, at most 10 s');
      expect(isAlive(database)).toBe(false);
      const second = await start();
      const profile = await new Client(second.url).get(`/v1/users/${person.id}`, { token: person.token });
      await second.stop();
      expect(profile.body.data.displayName).toBe('Kept');
    },
  );

  it.each([
    ['a folder is initialised', 'postgres'],
    ['Postgres starts', 'postgres/postmaster.pid'],
  ])('ends cleanly on a signal while %s, and leaves no Postgres', async (_what, file) => {
    const { pid, ended, output } = beginMonolith({ DATA_DIR: folder.path });
    await eventually(`${file} is there`, () => Promise.resolve(existsSync(join(folder.path, file))));
    process.kill(pid, 'SIGINT');
    expect([await ended, output()]).toEqual([0, expect.stringContaining('closes what has been opened so far')]);
    expect(existsSync(join(folder.path, 'postgres/postmaster.pid'))).toBe(false);
    await (await start()).stop();
  });

  it('is neither ended nor held up by clients that ask it to be a proxy', async () => {
    const monolith = await start();
    const port = Number(new URL(monolith.url).port);
    const ask = (options: { allowHalfOpen?: boolean } = {}) =>
      new Promise<Socket>((done) => {
        const socket = connect({ port, host: '127.0.0.1', ...options }, () =>
          socket.write('CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n', () => done(socket)),
        );
        socket.on('error', () => undefined);
      });
    for (let n = 0; n < 20; n++) (await ask()).resetAndDestroy();
    const kept = await ask({ allowHalfOpen: true });
    expect((await new Client(monolith.url).get('/health/live')).status).toBe(200);
    expect(await monolith.stop()).toBe(0);
    kept.destroy();
  });

  it('completes requests in flight before it ends', async () => {
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

  it('asks clients to give up idle connections sooner than its shutdown takes', async () => {
    const monolith = await start({ DRAIN_DELAY: '3' });
    const [kept, closed] = await Promise.all([
      fetch(`${monolith.url}/health/live`),
      fetch(`${monolith.url}/health/live`, { headers: { connection: 'close' } }),
    ]);
    await monolith.stop();
    expect([kept, closed].map(({ headers }) => [headers.get('connection'), headers.get('keep-alive')])).toEqual([
      ['keep-alive', 'timeout=2'],
      ['close', null],
    ]);
  });

  it('does not wait for a stalled client longer than DRAIN_TIMEOUT', async () => {
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

  it('ends when its Postgres is killed, and the next start recovers', async () => {
    const first = await start();
    const person = await new Client(first.url).person();
    process.kill(postmaster(), 'SIGKILL');
    expect(await first.ended).toBe(1);
    expect(first.output()).toContain('The embedded Postgres stopped unexpectedly. Start again');
    const second = await start();
    expect((await new Client(second.url).get('/v1/users/me', { token: person.token })).status).toBe(200);
    await second.stop();
  });

  it('recovers after kill -9, with the Postgres that was left running', async () => {
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

  it('recovers after kill -9 of the process and of Postgres', async () => {
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
  const reset = (path = folder.path, ...options: string[]) =>
    spawnSync(process.execPath, ['tools/reset.mjs', ...options], {
      env: { ...process.env, DATA_DIR: path },
      encoding: 'utf8',
    });

  it('removes everything, but not while a process uses it', async () => {
    const monolith = await start();
    const refused = reset(folder.path, '--yes');
    expect([refused.status, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/^The data folder .* is in use by another Twofold/),
    ]);
    await monolith.stop();
    const dry = reset(folder.path, '--dry-run');
    expect([dry.status, dry.stdout]).toEqual([0, expect.stringContaining('would be deleted')]);
    const asked = reset();
    expect([asked.status, existsSync(folder.path)]).toEqual([1, true]);
    expect(asked.stderr).toMatch(/^Delete .*\? All posts and accounts go, and the master key.*Pass --yes/);
    expect([reset(folder.path, '--yes').status, existsSync(folder.path)]).toEqual([0, false]);
    expect(reset().stdout).toContain('There is nothing to delete');
  });

  it('refuses a folder that is not one of a platform', () => {
    const foreign = join(dirname(folder.path), 'foreign');
    mkdirSync(foreign);
    writeFileSync(join(foreign, 'thesis.txt'), 'precious');
    const refused = reset(foreign, '--yes');
    expect([refused.status, existsSync(join(foreign, 'thesis.txt'))]).toEqual([1, true]);
    expect(refused.stderr).toContain('is not the data folder of a platform, so nothing was deleted');
  });
});

describe('A failed start', () => {
  /** Expects exit code 1 and a matching message without a stack trace; returns the lines of the message. */
  const refused = async (settings: Record<string, string>, line: RegExp) => {
    const { code, output } = await runToEnd({ DATA_DIR: folder.path, ...settings });
    const messages = output.split('\n').filter((each) => each && !/^  (database|migrations|listening) /.test(each));
    expect(code).toBe(1);
    expect(messages.join('\n')).toMatch(line);
    expect(output).not.toMatch(/\n\s+at /);
    return messages;
  };

  it('reports a port that is in use', async () => {
    const server: Server = createServer();
    const port = await new Promise<number>((done) =>
      server.listen(0, '127.0.0.1', () => done((server.address() as { port: number }).port)),
    );
    expect(await refused({ PORT: String(port) }, new RegExp(`^Port ${port} is in use\\. .*set PORT`))).toHaveLength(1);
    server.close();
    expect(existsSync(join(folder.path, 'postgres/postmaster.pid'))).toBe(false);
  });

  it('reports another instance that uses the data folder, and does not disturb it', async () => {
    const first = await start();
    expect(await refused({}, /is in use by another Twofold \(process \d+\)\. .*set DATA_DIR/)).toHaveLength(1);
    expect((await new Client(first.url).get('/health/ready')).status).toBe(200);
    await first.stop();
  });

  it('reports a data folder that cannot be created or written', async () => {
    const file = `${folder.path}.file`;
    writeFileSync(file, '');
    for (const path of [`${file}/data`, file, '/proc/twofold/data']) {
      expect(await refused({ DATA_DIR: path }, /^The data folder .* cannot be written/)).toHaveLength(1);
    }
  });

  it('reports each invalid setting', async () => {
    const settings = {
      PORT: 'many',
      RELAY_LOOPS: '0',
      DATABASE_URL: 'mysql://x',
      RETRY_SCHEDULE: '1,x',
      ACCESS_TOKEN_TTL: '-1',
    };
    const messages = await refused(settings, /Some settings are wrong/);
    expect(messages.map((line) => line.trim().replace(/:.*/, '')).sort()).toEqual([
      'ACCESS_TOKEN_TTL',
      'DATABASE_URL',
      'PORT',
      'RELAY_LOOPS',
      'RETRY_SCHEDULE',
      'Some settings are wrong',
    ]);
  });

  it('reports a missing secret and a development switch in production', async () => {
    const messages = await refused({ APP_ENV: 'production' }, /MASTER_KEY: is required/);
    expect(messages.join()).toContain('RATE_LIMIT: off is a development switch');
  });

  it('reports a master key that does not match', async () => {
    await (await start({ MASTER_KEY: '0'.repeat(64) })).stop();
    await refused({ MASTER_KEY: '1'.repeat(64) }, /^MASTER_KEY cannot decrypt the signing keys/);
  });
});
