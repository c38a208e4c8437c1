import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort, packageRoot } from '#database';
import { temporaryDataFolder } from '../support/infrastructure/data-folder.js';
import { Client, tokenOf } from '../support/platform/client.js';
import { type RunningProcess, startMonolith } from '../support/platform/monolith.js';
import { eventually } from '../support/eventually.js';
import { applySteps, shellBlocksOf, stepsOf } from '../support/guide.js';
import { ProjectCopy } from '../support/project-copy.js';

interface Counts {
  readonly files: number;
  readonly places: number;
  readonly changed: number;
}

/** Applies a guide. Returns how much that was. */
function follow(guide: string, copy: ProjectCopy): Counts {
  const steps = stepsOf(guide);
  applySteps(steps, copy.path);
  const count = (pattern: RegExp) => [...steps.diffs.matchAll(pattern)].length;
  return { files: steps.files.length, places: count(/^@@/gm), changed: count(/^\+\+\+ /gm) };
}

/** What the guide says about itself. */
function claimed(guide: string): Counts {
  const text = readFileSync(join(packageRoot(), 'docs/guides', guide), 'utf8');
  const [, files, places, changed] = /\*\*(\d+) new files?, (\d+) places in (\d+) other files\.\*\*/.exec(text) ?? [];
  return { files: Number(files), places: Number(places), changed: Number(changed) };
}

describe.each([
  [
    'add-a-field.md',
    async (api: Client) => {
      const { token } = await api.person();
      const body = { title: 'T', subtitle: 'S', body: 'B', status: 'published' };
      const { id } = (await api.post('/v1/posts', body, { token })).body.data;
      const changed = await api.send('PATCH', `/v1/posts/${id}`, { token, body: { subtitle: 'Another' } });
      expect(changed.body.data).toMatchObject({ subtitle: 'Another', version: 2 });
      expect((await api.get(`/v1/posts/${id}`)).body.data).toMatchObject({ subtitle: 'Another' });
      expect((await api.get('/v1/posts', { token })).body.data).toMatchObject([{ subtitle: 'Another' }]);
    },
  ],
  [
    'add-an-event.md',
    async (api: Client) => {
      const [author, reader] = [await api.person(), await api.person()];
      const post = await api.post('/v1/posts', { title: 'T', body: 'B', status: 'published' }, { token: author.token });
      const comments = `/v1/posts/${post.body.data.id}/comments`;
      const comment = await api.post(comments, { body: 'First' }, { token: reader.token });
      const excerpts = async (headers = {}) => {
        const { data } = (await api.get('/v1/notifications', { token: author.token, headers })).body;
        return data.flatMap(({ subject }) => subject?.excerpt ?? []);
      };
      await eventually('the author is notified of the comment', async () => (await excerpts()).length === 1);
      const path = `/v1/comments/${comment.body.data.id}`;
      const changed = await api.patch(path, { body: 'Second' }, { token: reader.token });
      expect(tokenOf(changed)).not.toBe('');
      expect(await excerpts({ 'consistency-token': tokenOf(changed) })).toEqual(['Second']);
    },
  ],
  [
    'add-a-service.md',
    async (api: Client) => {
      const { token } = await api.person();
      const post = await api.post('/v1/posts', { title: 'T', body: 'B', status: 'published' }, { token });
      const { id } = post.body.data;
      const bookmarks = async () => (await api.get('/v1/bookmarks', { token })).body.data;
      expect((await api.send('PUT', `/v1/bookmarks/${id}`, { token })).status).toBe(204);
      expect(await bookmarks()).toMatchObject([{ postId: id }]);
      expect((await api.send('DELETE', `/v1/posts/${id}`, { token })).status).toBe(204);
      await eventually('the bookmark of the deleted post is removed', async () => (await bookmarks()).length === 0);
      expect((await api.get('/v1/bookmarks')).status).toBe(401);
    },
  ],
])('%s, applied to a copy of the repository', (guide, check) => {
  const data = temporaryDataFolder();
  let copy: ProjectCopy;
  let counts: Counts;
  let monolith: RunningProcess | undefined;

  beforeAll(() => {
    copy = new ProjectCopy();
    counts = follow(guide, copy);
    copy.build();
    for (const block of shellBlocksOf(`guides/${guide}`).filter((each) => !each.includes('npm start')))
      execFileSync('bash', ['-euo', 'pipefail', '-c', block], { cwd: copy.path, stdio: 'pipe' });
  }, 180_000);

  afterAll(async () => {
    await monolith?.stop();
    await data.remove();
    copy.remove();
  });

  it('compiles, in as many places as it says', () => {
    expect(counts).toEqual(claimed(guide));
  });

  it('runs', async () => {
    const entry = relative(packageRoot(), join(copy.path, 'dist/apps/monolith/src/main.js'));
    monolith = await startMonolith({ DATA_DIR: data.path }, entry);
    await check(new Client(monolith.url));
  });
});

describe('make-it-yours.md, applied to a copy of the repository', () => {
  const data = temporaryDataFolder();
  const [checking, asking] = [/^npm run -s check$/m, /^ask login/m];
  const blocks = shellBlocksOf('guides/make-it-yours.md');
  const others = blocks.filter((block) => !checking.test(block) && !asking.test(block));
  let copy: ProjectCopy;

  const run = (block: string) =>
    execFileSync('bash', ['-euo', 'pipefail', '-c', block], { cwd: copy.path, encoding: 'utf8', stdio: 'pipe' });
  const only = (pattern: RegExp) => blocks.filter((block) => pattern.test(block)).join('');

  beforeAll(() => {
    copy = new ProjectCopy();
    applySteps(stepsOf('make-it-yours.md'), copy.path);
    for (const block of others) run(block);
  }, 60_000);

  afterAll(async () => {
    await data.remove();
    copy.remove();
  });

  it('contains neither the old name nor imports of what was removed', () => {
    const grep = (...parameters: string[]) =>
      run(`grep -rlIE ${parameters.join(' ')} . --exclude-dir=node_modules || true`).trim();
    expect(grep('-i', 'twofold')).toBe('./LICENSE');
    expect(grep("'^import .*(#|apps/)(users|posts|notifications)\\b'", '--include=*.ts')).toBe('');
  });

  it('passes its own checks', () => {
    // The other tests of the libraries have no steps of the guide in them, and run in this repository anyway.
    const tests = '/test/|operations|delivery|outbox|settings|database.spec';
    const check = 'npx prettier --check . && npm run -s lint && npm run -s types && npm run -s jest --';
    const jest = `${check} --testPathPatterns '${tests}' --selectProjects unit behaviour start-up`;
    expect(run(only(checking).replace('npm run -s check', `{ ${jest}; } 2>&1`))).toMatch(/^Tests: +\d{3} passed/m);
  }, 600_000);

  it('starts, registers an account, logs in and stops on Ctrl-C', async () => {
    const port = await freePort();
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, PORT: String(port), DATA_DIR: data.path };
    // In a process group of its own, as a terminal starts it: Ctrl-C sends SIGINT to all of the group.
    const child = spawn('npm', ['start'], { cwd: copy.path, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(child, 'close');
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    try {
      await eventually('it listens', () => Promise.resolve(output.includes(`http://127.0.0.1:${port}`)));
      const replies = run(only(asking).replace('3000', String(port)));
      expect(replies.match(/"accessToken":"[^"]+"/g)).toHaveLength(2);
    } finally {
      process.kill(-(child.pid ?? 0), 'SIGINT');
    }
    expect([(await ended)[0], output]).toEqual([0, expect.not.stringMatching(/Error|\n +at /)]);
  }, 180_000);
});
