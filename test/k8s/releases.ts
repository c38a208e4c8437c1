import assert from 'node:assert/strict';
import { globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { applySteps, stepsOf } from '../support/guide.js';
import { endWithoutFailure, load, writerKnownEverywhere } from '../support/load/load.js';
import type { Client } from '../support/platform/client.js';
import { ProjectCopy } from '../support/project-copy.js';
import { buildImage } from './cluster/images.js';
import { runCopies } from './jobs.js';
import { kubectl, whenRolledOut } from './cluster/kubectl.js';
import { withTwoReplicas } from './rolling.js';

const GUIDE = 'change-the-schema-without-downtime.md';
const REQUESTS = 300;

/**
 * The column that the guide renames over two releases: the first is rolled out, rolled back and out again, then the second, while
 * clients read and write that column.
 */
export async function checkSchemaChange(api: Client): Promise<string> {
  const [expand, contract] = await buildReleases();
  await withTwoReplicas(['users']);
  const writer = await writerKnownEverywhere(api);
  const headers = { authorization: `Bearer ${writer.token}`, 'content-type': 'application/json' };
  const me = `${api.url}/v1/users/me`;
  const loads = [
    load(`${api.url}/v1/users/${writer.id}`),
    load(`${api.url}/v1/users`),
    load(me, { method: 'PATCH', headers, body: JSON.stringify({ bio: 'Written all the time.' }) }),
  ];
  const steps: [string, () => Promise<unknown>][] = [
    ['expand', () => runCopies([{ name: 'migrate', as: 'migrate-expand', image: expand }])],
    ['roll out', () => kubectl('set', 'image', 'deployment/users', `process=${expand}`)],
    ['roll back', () => kubectl('rollout', 'undo', 'deployment/users')],
    ['roll out again', () => kubectl('rollout', 'undo', 'deployment/users')],
    ['contract', () => runCopies([{ name: 'migrate', as: 'migrate-contract', image: contract }])],
    ['roll out the second', () => kubectl('set', 'image', 'deployment/users', `process=${contract}`)],
  ];
  for (const [, step] of steps) {
    await step();
    await whenRolledOut('users');
    // What a pool has prepared before must still be valid.
    const seen = loads.map((each) => each.answers());
    await Promise.all(loads.map((each, index) => each.after((seen[index] ?? 0) + REQUESTS / loads.length)));
  }
  const answers = await endWithoutFailure(loads);
  const { body } = await api.get(`/v1/users/${writer.id}`);
  assert.equal(body.data.bio, 'Written all the time.');
  const psql = ['psql', '-U', 'postgres', '-d', 'users', '--csv', '-c', 'select * from users.users limit 0'];
  const columns = await kubectl('exec', 'postgres-0', '--', ...psql);
  assert.match(columns, /\babout\b/);
  assert.doesNotMatch(columns, /\bbio\b/);
  return `${steps.map(([name]) => name).join(', ')}: ${answers} requests, failed 0`;
}

/** Images of the two releases that the guide describes. */
async function buildReleases(): Promise<readonly [string, string]> {
  const copy = new ProjectCopy();
  try {
    // As in the image: without tests, which would take half of the time.
    for (const path of ['test', ...globSync('{apps,libs}/**/*.spec.ts', { cwd: copy.path })])
      rmSync(join(copy.path, path), { recursive: true });
    const { files, diffs } = stepsOf(GUIDE);
    const [first, second] = files;
    assert.ok(first && second);
    applySteps({ files: [first], diffs }, copy.path);
    copy.build();
    const expand = await buildImage('release', copy.path);
    applySteps({ files: [second], diffs: '' }, copy.path);
    return [expand, await buildImage('release', copy.path)];
  } finally {
    copy.remove();
  }
}
