import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findEmbeddedPostgres } from '#database';
import pg from 'pg';
import { Client, tokenOf } from '../support/platform/client.js';
import { temporaryDataFolder } from '../support/infrastructure/data-folder.js';
import { eventually } from '../support/eventually.js';
import { type RunningProcess, startMonolith } from '../support/platform/monolith.js';
import { askOps, runOps } from '../support/platform/ops.js';

const folder = temporaryDataFolder();
const backup = join(dirname(folder.path), 'backup');
let monolith: RunningProcess;
let api: Client;
let sql: pg.Client;

const ops = (...parameters: string[]) => runOps(folder.path, ...parameters);
const ask = <T>(...parameters: string[]) => askOps<T>(folder.path, ...parameters);
const start = async () => {
  monolith = await startMonolith({ DATA_DIR: folder.path, RETRY_SCHEDULE: '0' });
  api = new Client(monolith.url);
  sql = new pg.Client({ connectionString: await findEmbeddedPostgres(folder.path) });
  await sql.connect();
};
const stop = async () => {
  await sql.end();
  await monolith.stop();
};

beforeAll(start);

afterAll(async () => {
  await stop();
  await folder.remove();
});

describe('The ops command line, with a running platform', () => {
  it('creates and lists accounts, assigns roles, and deletes accounts', async () => {
    const made = await ask<{ id: string; role: string; password: string }>(
      'users',
      'create',
      'Eve@Example.com',
      '--name',
      'Eve',
      '--handle',
      'eve',
      '--role',
      'editor',
    );
    expect(made.role).toBe('editor');
    const login = () => api.post('/v1/auth/login', { email: 'eve@example.com', password: made.password });
    const { accessToken: token } = (await login()).body.data;
    expect((await api.get('/v1/users/me', { token })).body.data).toMatchObject({ handle: 'eve', id: made.id });
    expect((await api.post('/v1/categories', { name: 'By Eve' }, { token })).status).toBe(201);
    expect(await ask('users', 'list', 'EVE@')).toEqual([
      { id: made.id, email: 'eve@example.com', role: 'editor', suspended: false, created: expect.any(String) },
    ]);
    expect(await ask('users', 'role', made.id, 'admin')).toMatchObject({ role: 'admin' });
    expect((await ops('users', 'delete', 'eve@example.com')).output).toMatch(/Pass --yes/);
    expect((await login()).status).toBe(200);
    expect((await ops('users', 'delete', 'eve@example.com', '--yes')).code).toBe(0);
    expect((await login()).status).toBe(401);
  });

  it('lists signing keys, creates one that signs later, and deletes one unless it is the only one that signs', async () => {
    interface Key {
      readonly id: string;
      readonly signs: boolean;
    }
    const keys = () => ask<Key[]>('keys', 'list');
    const [first] = await keys();
    expect(first?.signs).toBe(true);
    expect((await ops('keys', 'rotate', '--in', '90')).output).toMatch(/signs in 90 seconds/);
    const [second, old] = await keys();
    expect([second?.signs, old]).toEqual([false, first]);
    expect((await ops('keys', 'revoke', first?.id ?? '', '--yes')).output).toMatch(/No other key signs/);
    expect((await ops('keys', 'revoke', second?.id ?? '', '--yes')).code).toBe(0);
    expect(await keys()).toEqual([first]);
  });

  it.each([
    ['There is no account', ['users', 'role', 'nobody@example.com', 'admin']],
    ['email: ', ['users', 'create', 'nonsense', '--name', 'N']],
    ['password: ', ['users', 'create', 'n@example.com', '--name', 'N', '--password', 'short']],
    ['There is no key', ['keys', 'revoke', 'x', '--yes']],
    ['There is no dead letter', ['dead-letters', 'replay', '018f0000-0000-7000-8000-000000000007']],
    ['does not contain a complete backup', ['restore', '.', '--yes']],
    ['is not empty', ['backup', '.']],
    ['cannot be written', ['backup', '/proc/nothing/at/all']],
  ])('reports the error: %s', async (words, parameters) => {
    const { code, output } = await ops(...parameters);
    expect(code).toBe(1);
    expect(output).toContain(words);
    expect(output).not.toMatch(/\n\s+at /);
  });

  it('lists dead letters, and replays or discards them', async () => {
    const person = await api.person('Author');
    const post = { title: 'T', body: 'B', status: 'published' };
    const { id } = (await api.post('/v1/posts', post, { token: person.token })).body.data;
    await sql.query(
      `insert into posts.outbox (id, type, topic, key, bucket, sequence, time, payload)
       select gen_random_uuid(), 'posts.post.liked.v' || v, 'posts.post', $1, 0, 1 + v, now(), '{"broken": true}'
       from generate_series(1, 2) v`,
      [id],
    );
    type Letter = { consumer: string; reason: string; record: { id: string; type: string } };
    const letters = () => ask<Letter[]>('dead-letters', 'list');
    const both = await eventually('both events are dead-lettered', async () => {
      const found = await letters();
      return found.length === 2 && found;
    });
    const [schema, version] = both.toSorted((a, b) => (a.record.type < b.record.type ? -1 : 1));
    expect([schema?.consumer, schema?.reason, version?.reason]).toEqual([
      'notifications.likes',
      expect.stringMatching(/^SCHEMA: /),
      expect.stringMatching(/^UNKNOWN_VERSION: /),
    ]);
    const shown = await ops('dead-letters', 'show', schema?.record.id ?? '');
    expect(shown.output).toContain('"broken": true');
    const [status] = (await ask<{ service: string; deadLetters: number; relays: number }[]>('outbox', 'status')).filter(
      (each) => each.service === 'notifications',
    );
    expect(status).toMatchObject({ deadLetters: 2, relays: 1, waiting: 0, parked: 0 });
    const record = { data: { postId: id, authorId: person.id, actorId: id }, id: schema?.record.id };
    await sql.query(
      `update notifications.dead_letters set record = jsonb_set(record::jsonb, '{payload}', to_jsonb($2::text))
       where event_id = $1`,
      [record.id, JSON.stringify(record.data)],
    );
    const dry = await ops('dead-letters', 'replay', '--all', '--dry-run');
    expect(dry).toEqual({
      code: 0,
      output: expect.stringMatching(new RegExp(`${record.id}.*\n2 would be retried`, 's')),
    });
    expect((await ops('dead-letters', 'discard', '--all', '--dry-run')).output).toContain('2 would be discarded');
    expect(await letters()).toHaveLength(2);
    expect((await ops('dead-letters', 'replay', record.id ?? '', '--consumer', 'notifications.likes')).code).toBe(0);
    await eventually('the repaired event has taken effect', async () => {
      const { data } = (await api.get('/v1/notifications', { token: person.token })).body;
      return data.some((each) => each.type === 'post.liked');
    });
    // A message that never was an event cannot be replayed: replaying all must end nevertheless.
    await sql.query(
      `insert into notifications.dead_letters (consumer, event_id, topic, key, sequence, record, attempts, reason)
       select 'transport', id, topic, key, sequence, jsonb_set(record::jsonb, '{id}', to_jsonb(id)), attempts, reason
       from notifications.dead_letters, gen_random_uuid() id limit 1`,
    );
    expect((await ops('dead-letters', 'replay', '--all', '--consumer', 'transport')).output).toContain('0 ');
    expect((await ops('dead-letters', 'discard', '--all')).output).toMatch(/Pass --yes/);
    expect((await ops('dead-letters', 'discard', '--all', '--yes')).output).toContain('2 discarded');
    expect(await letters()).toEqual([]);
  });

  it('rebuilds a lost projection, without notifying again', async () => {
    const [author, fan] = [await api.person('Author'), await api.person('Fan')];
    await api.get('/v1/notifications', { token: author.token });
    await api.put(`/v1/users/${author.id}/follow`, { token: fan.token });
    const post = { title: 'Kept', body: 'B', status: 'published' };
    await api.post('/v1/posts', post, { token: author.token });
    const received = async () => (await api.get('/v1/notifications', { token: fan.token })).body.data;
    const [before] = await eventually('the fan is notified', async () => (await received()).length === 2 && received());
    expect(before).toMatchObject({ actor: { displayName: 'Author' }, subject: { title: 'Kept' } });
    await sql.query('truncate notifications.people, notifications.posts');
    expect((await received())[0]).toMatchObject({ actor: null, subject: null });
    const [waiting] = (await sql.query('select count(*)::int as users from users.users')).rows;
    expect((await ops('republish', 'users', '--dry-run')).output).toBe(`${waiting.users} events would be published.\n`);
    expect((await received())[0]).toMatchObject({ actor: null, subject: null });
    expect((await ops('republish', 'users')).output).toMatch(/^\d+ events/);
    expect((await ops('republish', 'posts')).code).toBe(0);
    const all = await eventually('the projections are rebuilt', async () => {
      const found = await received();
      return found[0]?.actor !== null && found[0]?.subject !== null && found;
    });
    expect(all).toHaveLength(2);
    expect(all[0]).toEqual(before);
  });

  it('imports a folder of Markdown, repeatedly without duplicates, and names unreadable files', async () => {
    const owner = await api.person('Importer');
    await api.get('/v1/feed', { token: owner.token });
    const files = join(dirname(folder.path), 'markdown');
    mkdirSync(join(files, 'sub/.git'), { recursive: true });
    const file = (path: string, ...lines: string[]) => writeFileSync(join(files, path), lines.join('\n'));
    file(
      'one.md',
      '---',
      'title: One',
      'tags: [imported]',
      'category: Old things',
      'date: 2020-01-02',
      '---',
      'First.',
    );
    file('sub/two.markdown', '# Two', '', 'Second.');
    file('draft.md', '---', 'draft: true', '---', 'Third.');
    file('_private.md', 'No post.');
    file('liar.md', '---', 'title: {a: b}', '---', 'Text');
    file('sub/.git/no.md', 'No post.');
    file('notes.txt', 'No post.');
    writeFileSync(join(files, 'latin1.md'), Buffer.from([0xe4, 0xf6, 0xfc]));
    symlinkSync('/etc/hosts', join(files, 'link.md'));
    symlinkSync(files, join(files, 'sub/loop'));
    const run = () => ops('import', files, '--account', owner.email);
    const mine = async () => (await api.get(`/v1/users/${owner.id}/posts?sort=title`)).body.data;

    const preview = await ops('import', files, '--dry-run');
    expect(preview.code).toBe(1);
    expect(preview.output).toContain('2 would be published:\n  one.md: One\n  sub/two.markdown: Two\n');
    expect(preview.output).toContain('1 would be drafts, which only their author sees:\n  draft.md: draft is true\n');
    expect(preview.output).toContain('3 cannot be read:\n  latin1.md: it is not UTF-8\n  liar.md: title: ');
    expect(await mine()).toEqual([]);

    const first = await run();
    expect(first.code).toBe(1);
    expect(first.output).toContain('3 added, 0 changed, 0 unchanged.');
    expect(first.output).toContain('3 could not be read:\n  latin1.md: it is not UTF-8\n  liar.md: title: ');
    expect(first.output).toContain('link.md: it is a link');
    expect(first.output).toContain('1 imported as drafts, which only their author sees:\n  draft.md: draft is true');
    expect(first.output).toContain('2 skipped:\n  _private.md: its name begins with _\n  sub/.git: its name begins');
    expect(first.output).toMatch(/importing +\[#+\] 3\/3/);
    expect(
      (await mine()).map((post) => [post.title, post.tags, post.category?.name, post.publishedAt?.slice(0, 10)]),
    ).toEqual([
      ['One', ['imported'], 'Old things', '2020-01-02'],
      ['Two', [], undefined, new Date().toISOString().slice(0, 10)],
    ]);
    rmSync(join(files, 'link.md'));
    rmSync(join(files, 'liar.md'));
    rmSync(join(files, 'latin1.md'));
    expect(await run()).toMatchObject({ code: 0, output: expect.stringContaining('0 added, 0 changed, 3 unchanged.') });

    file(
      'one.md',
      '---',
      'title: One, revised',
      'categories: Old, things',
      'date: 2021-02-03',
      '---',
      'First, revised.',
    );
    file('draft.md', '---', 'draft: false', '---', 'Third.');
    const [gone] = (await mine()).filter((post) => post.title === 'Two');
    await api.delete(`/v1/posts/${gone?.id}`, { token: owner.token });
    expect((await run()).output).toContain('1 added, 2 changed, 0 unchanged.');
    expect((await mine()).map((post) => [post.title, post.version, post.category?.name])).toEqual([
      ['One, revised', 2, 'Old'],
      ['Two', 1, undefined],
      ['draft', 2, undefined],
    ]);
    expect((await mine())[0]?.publishedAt).toBe('2021-02-03T00:00:00.000Z');
    rmSync(join(files, 'draft.md'));
    expect((await run()).output).toContain('1 no longer imported, whose posts stay as they are:\n  draft: ');
    await eventually('the running platform shows the post', async () =>
      (await api.get('/v1/posts')).body.data.some((post) => post.title === 'draft'),
    );
  });

  it('knows a file again wherever its folder is, and tells it from a file of the same name in another', async () => {
    const owner = await api.person('Mover');
    await api.get('/v1/feed', { token: owner.token });
    const blogs = join(dirname(folder.path), 'blogs');
    for (const blog of ['a', 'b']) {
      mkdirSync(join(blogs, blog, 'page'), { recursive: true });
      writeFileSync(
        join(blogs, blog, 'index.md'),
        `Home of ${blog}: [page](page/index.md), [gone](gone.md), \`[x](page/)\`.`,
      );
      writeFileSync(join(blogs, blog, 'page/index.md'), `# Page of ${blog}\n\nBack to [home](/index.md).`);
    }
    const run = async (path: string) => (await ops('import', path, '--account', owner.email)).output;
    const posts = async () => (await api.get(`/v1/users/${owner.id}/posts?sort=title`)).body.data;
    expect(await run(join(blogs, 'a'))).toContain('2 added, 0 changed, 0 unchanged.');
    const second = await run(join(blogs, 'b'));
    expect(second).toContain('2 added, 0 changed, 0 unchanged.');
    expect(second).toContain('index.md: the link to gone.md leads to no imported file');
    expect((await posts()).map(({ title }) => title)).toEqual(['Page of a', 'Page of b', 'index', 'index']);

    renameSync(join(blogs, 'a'), join(blogs, 'moved'));
    expect(await run(join(blogs, 'moved'))).toContain('0 added, 0 changed, 2 unchanged.');
    expect(await run(join(blogs, 'b/page'))).toContain('0 added, 0 changed, 1 unchanged.');
    expect(await run(relative(process.cwd(), join(blogs, 'b')))).toContain('0 added, 0 changed, 2 unchanged.');
    renameSync(join(blogs, 'b/page/index.md'), join(blogs, 'b/page.md'));
    expect(await run(join(blogs, 'b'))).toContain('0 added, 0 changed, 2 unchanged.');

    const all = await posts();
    expect(all).toHaveLength(4);
    for (const [home, page] of [
      ['Home of a', 'Page of a'],
      ['Home of b', 'Page of b'],
    ]) {
      const whole = await Promise.all(all.map(async ({ id }) => (await api.get(`/v1/posts/${id}`)).body.data));
      const [from] = whole.filter(({ body }) => body.startsWith(home ?? ''));
      const [to] = whole.filter(({ title }) => title === page);
      expect(from?.body).toContain(`[page](/v1/posts/${to?.slug}), [gone](gone.md), \`[x](page/)\``);
      expect(to?.body).toContain(`(/v1/posts/${from?.slug})`);
    }
  });

  it.each([
    ['There is no account', ['import', '.', '--account', 'nobody@example.com']],
    ['cannot be read', ['import', '/no/such/folder']],
    ['There are no Markdown files', ['import', 'tools']],
  ])('imports nothing, and reports the error: %s', async (words, parameters) => {
    const { code, output } = await ops(...parameters);
    expect([code, output]).toEqual([1, expect.stringContaining(words)]);
  });

  it('imports a folder once, even if three imports run concurrently', async () => {
    const owner = await api.person('Hasty');
    await api.get('/v1/feed', { token: owner.token });
    const files = join(dirname(folder.path), 'hasty');
    mkdirSync(files);
    for (let n = 0; n < 20; n++) writeFileSync(join(files, `${n}.md`), `# Post ${n}\n\nText.`);
    await Promise.all([1, 2, 3].map(() => ops('import', files, '--account', owner.email)));
    expect((await api.get(`/v1/users/${owner.id}/posts`)).body.meta.total).toBe(20);
  });

  it.each([
    ["required option '--name", ['users', 'create', 'n@example.com']],
    ['Allowed choices are users, posts', ['republish', 'follows']],
    ['Allowed choices are reader, author, editor, admin', ['users', 'role', 'demo@example.com', 'king']],
    ['unknown command', ['nonsense']],
    ["unknown option '--nonsense'", ['lag', '--nonsense']],
    ["missing required argument 'folder'", ['import']],
    ['from 90 to', ['keys', 'rotate', '--in', '5']],
    ['from 1 to 10000', ['users', 'list', '--limit', 'many']],
    ['is not an event id', ['dead-letters', 'show', 'x']],
    ['Name one event, or pass --all', ['dead-letters', 'discard']],
    ['Name one event, or pass --all', ['dead-letters', 'replay', '018f0000-0000-7000-8000-000000000007', '--all']],
    ['Allowed choices are users, posts, notifications', ['backfill', 'auth']],
    ['32 hexadecimal digits', ['trace', 'first']],
    ['pass the X-Trace-Id', ['trace', '--jaeger']],
    ['Usage: ops', []],
  ])('ends with 2 if it was called wrongly, without a database: %s', async (words, parameters) => {
    const { code, output } = await runOps(join(dirname(folder.path), 'nowhere'), ...parameters);
    expect([code, output]).toEqual([2, expect.stringContaining(words)]);
  });

  it('says its version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await ops('--version')).toEqual({ code: 0, output: `${version}\n` });
  });

  it('reports a missing platform, and creates no data folder', async () => {
    const nowhere = join(dirname(folder.path), 'nowhere');
    const { code, output } = await runOps(nowhere, 'outbox', 'status');
    expect([code, output]).toEqual([1, expect.stringContaining('There is no platform in')]);
    expect(existsSync(nowhere)).toBe(false);
  });

  it('backs up during writes, and restores everything in the backup', async () => {
    const person = await api.person('Writer');
    const write = (n: number) =>
      api.post(
        '/v1/posts',
        { title: `Post ${n}`, body: 'B', tags: ['kept'], status: 'published' },
        { token: person.token },
      );
    const before = await Promise.all(Array.from({ length: 20 }, (_, n) => write(n)));
    let writing = true;
    const busy = (async () => {
      for (let n = 100; writing; n++) await write(n);
    })();
    expect((await ops('backup', backup)).code).toBe(0);
    writing = false;
    await busy;
    expect((await ops('restore', backup, '--yes')).output).toContain('Stop the platform first');
    const { rows } = await sql.query('select slug, title, body_html, likes from posts.posts order by id');
    await stop();
    await runOps(folder.path, 'users', 'create', 'late@example.com', '--name', 'Late');
    expect((await ops('restore', backup)).output).toMatch(/Pass --yes/);
    expect((await ops('restore', backup, '--dry-run')).output).toMatch(/^All data would be replaced with \d+ rows/);
    expect(await ask('users', 'list', 'late@')).toHaveLength(1);
    expect((await ops('restore', backup, '--yes')).code).toBe(0);
    expect(await ask('users', 'list', 'late@')).toEqual([]);
    await start();
    for (const reply of before) expect((await api.get(`/v1/posts/${reply.body.data.id}`)).status).toBe(200);
    const restored = await sql.query('select slug, title, body_html, likes from posts.posts order by id');
    expect(restored.rows).toEqual(rows.slice(0, restored.rows.length));
    const { data } = (await api.get('/v1/tags')).body;
    const total = (await api.get(`/v1/posts?author=${person.id}`)).body.meta.total;
    expect(data.find((tag) => tag.name === 'kept')?.posts).toBe(total);
    expect((await write(7)).status).toBe(201);
    const token = (await api.post('/v1/auth/login', { email: person.email, password: person.password })).body.data;
    expect((await api.get('/v1/users/me', { token: token.accessToken })).status).toBe(200);
  });

  it('restores one service alone, and the others consume its later events', async () => {
    const [author, fan] = [await api.person('Author'), await api.person('Fan')];
    const followed = await api.put(`/v1/users/${author.id}/follow`, { token: fan.token });
    const headers = { 'consistency-token': tokenOf(followed) };
    const post = { title: 'one', body: 'B', status: 'published' };
    const { id } = (await api.post('/v1/posts', post, { token: author.token, headers })).body.data;
    const title = async () => {
      const { data } = (await api.get('/v1/notifications', { token: fan.token })).body;
      return data.find(({ type }) => type === 'post.published')?.subject?.title;
    };
    const rename = async (name: string) => {
      const reply = await api.patch(`/v1/posts/${id}`, { title: name }, { token: author.token });
      expect(reply.status).toBe(200);
      await eventually(`the notification shows ${name}`, async () => (await title()) === name);
    };
    await eventually('the fan is notified of the post', async () => (await title()) === 'one');
    const alone = join(dirname(folder.path), 'posts-alone');
    const posts = {
      DATA_DIR: folder.path,
      SERVICES: 'posts',
      KAFKA_BROKERS: '127.0.0.1:1',
      AUTH_JWKS_URL: 'http://127.0.0.1:1',
    };
    expect(await runOps(posts, 'backup', alone)).toMatchObject({ code: 0 });
    for (const name of ['two', 'three', 'four']) await rename(name);
    await stop();
    // There is no Kafka here, so no consumer group offsets have to be reset.
    const { KAFKA_BROKERS: _none, ...embedded } = posts;
    expect(await runOps(embedded, 'restore', alone, '--yes')).toMatchObject({ code: 0 });
    await start();
    expect((await api.get(`/v1/posts/${id}`)).body.data.title).toBe('one');
    // Without the version jump of a restore, the next version would be one that notifications has already consumed.
    await rename('after the restore');
    expect((await api.get(`/v1/posts/${id}`)).body.data.version).toBeGreaterThan(1_000_000);
  });

  it('changes nothing if the backup is damaged', async () => {
    await stop();
    const file = join(backup, 'posts.posts.copy.gz');
    truncateSync(file, 100);
    const { code, output } = await ops('restore', backup, '--yes');
    expect([code, output]).toEqual([1, expect.stringContaining('cannot be restored')]);
    rmSync(file);
    expect((await ops('restore', backup, '--yes')).output).toContain('lacks the table posts of posts');
    writeFileSync(join(backup, 'manifest.json'), '{}');
    expect((await ops('restore', backup, '--yes')).output).toContain('not the manifest');
    await start();
    expect((await api.get('/v1/posts')).body.meta.total).toBeGreaterThan(20);
    expect(existsSync(file)).toBe(false);
    const person = await api.person('Afterwards');
    const post = { title: 'T', body: 'B', status: 'published' };
    expect((await api.post('/v1/posts', post, { token: person.token })).status).toBe(201);
    const numbers = await sql.query(
      `select (select last_value from posts.outbox_position_seq) >= coalesce((select max(position) from posts.outbox), 0) as right`,
    );
    expect(numbers.rows).toEqual([{ right: true }]);
  });

  it('restores into an empty folder: with the master key of the backup, or with new signing keys', async () => {
    const person = await api.person('Returner');
    const [whole, kept, lost] = ['whole', 'kept', 'lost'].map((name) => join(dirname(folder.path), name)) as [
      ...[string, string, string],
    ];
    const saved = await ops('backup', whole);
    expect(saved.output).toContain(`Keep ${join(folder.path, 'master.key')} elsewhere (fingerprint `);
    const refused = await runOps(kept, 'restore', whole, '--yes');
    expect([refused.code, refused.output]).toEqual([1, expect.stringMatching(/needs the master key [0-9a-f]{16} /)]);
    copyFileSync(join(folder.path, 'master.key'), join(kept, 'master.key'));
    for (const [target, ...options] of [[kept], [lost, '--new-keys']] as [string, ...string[]][]) {
      expect(await runOps(target, 'restore', whole, '--yes', ...options)).toMatchObject({ code: 0 });
      const restored = await startMonolith({ DATA_DIR: target });
      const there = new Client(restored.url);
      const { email, password } = person;
      const { data } = (await there.post('/v1/auth/login', { email, password })).body;
      expect((await there.get('/v1/users/me', { token: data.accessToken })).status).toBe(200);
      await restored.stop();
    }
    writeFileSync(join(lost, 'master.key'), 'ab'.repeat(32));
    await expect(startMonolith({ DATA_DIR: lost })).rejects.toThrow('keys renew');
    expect(await runOps(lost, 'keys', 'renew', '--yes')).toMatchObject({ code: 0 });
    await (await startMonolith({ DATA_DIR: lost })).stop();
  });
});
