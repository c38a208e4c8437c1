import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '#database';

const run = promisify(execFile);

/** Behaviour tests that use the public API only. */
const stories = [
  'opening-an-account',
  'writing-posts',
  'listing-posts',
  'commenting-on-posts',
  'liking-posts',
  'following',
  'notifying-followers',
  'reading-notifications',
  'reading-the-feed',
  'searching-posts',
];

/** Runs behaviour tests on a running platform. */
export async function checkSmoke(url: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'twofold-smoke-'));
  const result = join(folder, 'result.json');
  const parameters = ['run', '-s', 'jest', '--', '--selectProjects', 'behaviour', '--json', `--outputFile=${result}`];
  try {
    await run('npm', [...parameters, '--testPathPatterns', stories.join('|')], {
      cwd: packageRoot(),
      env: { ...process.env, PLATFORM_URL: url },
      maxBuffer: 64 * 1_048_576,
    }).catch((error: { stderr: string }) => {
      throw new Error(error.stderr.slice(-5_000));
    });
    const { numPassedTests } = JSON.parse(await readFile(result, 'utf8')) as { numPassedTests: number };
    return `${numPassedTests} tests`;
  } finally {
    await rm(folder, { recursive: true });
  }
}
