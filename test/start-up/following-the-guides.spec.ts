import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { packageRoot } from '#database';
import { temporaryDataFolder } from '../support/infrastructure/data-folder.js';
import { Client } from '../support/platform/client.js';
import { type RunningProcess, startMonolith } from '../support/platform/monolith.js';
import { eventually } from '../support/eventually.js';
import { applySteps, stepsOf } from '../support/guide.js';
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
