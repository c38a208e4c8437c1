import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { packageRoot } from '#database';
import { shellBlocksOf } from '../support/guide.js';
import { temporaryDataFolder } from '../support/infrastructure/data-folder.js';
import { type RunningProcess, startMonolith } from '../support/platform/monolith.js';

const run = promisify(execFile);
const folder = temporaryDataFolder();
let monolith: RunningProcess;

beforeAll(async () => {
  monolith = await startMonolith({ DATA_DIR: folder.path, TRACES_IN_MEMORY: '200' });
});

afterAll(async () => {
  await monolith.stop();
  await folder.remove();
});

/** The commands of the lesson, for this platform instead of the one on port 3000. */
function commands(): string {
  const blocks = shellBlocksOf('lessons/reading-a-trace.md');
  expect(blocks).toHaveLength(4);
  return blocks
    .join('echo ===\n')
    .replace('http://127.0.0.1:3000', monolith.url)
    .replace('data=.data', `data=${folder.path}`);
}

it('The commands of the lesson on traces make what it shows', async () => {
  const env = { ...process.env, PORT: new URL(monolith.url).port };
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', commands()], { cwd: packageRoot(), env });
  const [, good = '', retry = '', stampede = ''] = stdout.split('===\n');
  const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

  expect(good).toMatch(/POST \/v1\/posts 201 .*\n(.*\n)*.*INSERT publications/);
  expect(count(good, /×|wait for retry/g)).toBe(0);

  // The batch, the handler alone, and the second attempt have failed before the constraint is removed.
  expect(count(retry, /process posts.post notifications.fan-out 23514 +×/g)).toBeGreaterThanOrEqual(3);
  expect(count(retry, /wait for retry/g)).toBeGreaterThanOrEqual(2);
  expect(retry).toMatch(/process posts.post notifications.fan-out +█/);

  expect(stampede).toMatch(/ 20 "name":"GET \/v1\/posts\/:id"/);
  expect(stampede).toMatch(/ 1 "name":"SELECT posts"/);
}, 120_000);
