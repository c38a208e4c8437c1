import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { findEmbeddedPostgres } from '#database';
import pg from 'pg';
import { temporaryDataFolder } from '../support/infrastructure/data-folder.js';
import { eventually } from '../support/eventually.js';
import { startMonolith } from '../support/platform/monolith.js';
import { beginOps, runOps } from '../support/platform/ops.js';
import { ProjectCopy } from '../support/project-copy.js';

describe('The completion of the ops command line', () => {
  /** What bash offers after these words, the last of which may be incomplete. */
  async function offered(...words: string[]): Promise<string[]> {
    const { output } = await runOps('nowhere', 'completion', 'bash');
    const typed = words.map((word) => `'${word}'`).join(' ');
    const script = `${output}\nCOMP_WORDS=(ops ${typed}); COMP_CWORD=${words.length}; _ops; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-euc', script], { encoding: 'utf8' });
    expect(stderr).toBe('');
    return stdout.split('\n').filter((line) => line !== '');
  }

  it.each([
    ['commands', ['dead'], ['dead-letters']],
    ['commands of a group', ['dead-letters', 're'], ['replay']],
    ['choices after a free word', ['users', 'role', 'a@b.c', 'a'], ['author', 'admin']],
    ['options', ['dead-letters', 'replay', '--'], ['--consumer', '--all', '--dry-run', '--help']],
    ['nothing of its own, so that the shell completes file names', ['restore', './f'], []],
  ])('offers %s', async (_what, words, expected) => {
    expect(await offered(...words)).toEqual(expected);
  });

  it('is also there for zsh, as a script that zsh loads its functions for', async () => {
    expect((await runOps('nowhere', 'completion', 'zsh')).output).toMatch(/^autoload -Uz compinit bashcompinit/);
  });
});

describe('Help of the ops command line', () => {
  let copy: ProjectCopy;

  beforeAll(() => {
    copy = new ProjectCopy();
    copy.add('dist');
  });
  afterAll(() => copy.remove());

  const ops = (...parameters: string[]) =>
    spawnSync(process.execPath, ['tools/ops.mjs', ...parameters], { cwd: copy.path, encoding: 'utf8' });

  it('needs no build of the latest changes, as other commands do', () => {
    writeFileSync(join(copy.path, 'apps/ops/src/main.ts'), 'this does not compile');
    const { status, stdout, stderr } = ops('users', '--help');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Usage: ops users');
    expect(ops('users', 'list')).toMatchObject({ status: 1, stdout: expect.stringContaining('error TS') });
  });
});

describe('A command that is broken off', () => {
  let folder: ReturnType<typeof temporaryDataFolder>;

  beforeEach(() => {
    folder = temporaryDataFolder();
  });
  afterEach(() => folder.remove());

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s ends with %i, and stops the Postgres that it has started', async (signal, code) => {
    const monolith = await startMonolith({ DATA_DIR: folder.path });
    const client = new pg.Client({ connectionString: await findEmbeddedPostgres(folder.path) });
    await client.connect();
    // The command would run for a minute.
    await client.query(`alter table auth.accounts rename to kept;
      create view auth.accounts as select kept.* from auth.kept, pg_sleep(60)`);
    await client.end();
    await monolith.stop();
    const pidFile = join(folder.path, 'postgres/postmaster.pid');
    const { pid, ended } = beginOps(folder.path, 'users', 'list');
    await eventually('Postgres is starting', () => Promise.resolve(existsSync(pidFile)));
    process.kill(pid, signal);
    expect([await ended, existsSync(pidFile)]).toEqual([code, false]);
  });
});
