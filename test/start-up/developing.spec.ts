import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { temporaryDataFolder } from '../support/infrastructure/data-folder.js';
import { ProjectCopy } from '../support/project-copy.js';

/** Of a whole compilation on a slow machine. */
const BUILD_MS = 120_000;
const CATALOGUE = 'apps/posts/src/posts.errors.ts';

describe('npm run dev, in a copy of the repository', () => {
  const data = temporaryDataFolder();
  let copy: ProjectCopy;
  let dev: ChildProcess;
  let output = '';

  const addresses = () => [...output.matchAll(/listening .*(http:\/\/\S+)/g)].map(([, url]) => url ?? '');
  const hasStarted = (times: number) =>
    eventually(
      `the platform listens for the ${times}th time`,
      () => Promise.resolve(addresses().length >= times),
      BUILD_MS,
    );
  const titleOfMissingPost = async () => {
    const reply = await fetch(`${addresses().at(-1)}/v1/posts/00000000-0000-7000-8000-000000000000`);
    return ((await reply.json()) as { title: string }).title;
  };
  const edit = (from: string | RegExp, to: string) => {
    const file = join(copy.path, CATALOGUE);
    writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
  };

  beforeAll(async () => {
    copy = new ProjectCopy();
    copy.build();
    const { PATH = '', HOME = '' } = process.env;
    dev = spawn(process.execPath, ['tools/dev.mjs'], {
      cwd: copy.path,
      env: { PATH, HOME, DATA_DIR: data.path, PORT: '0', DEMO: 'off', LOG_LEVEL: 'warn' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [dev.stdout, dev.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await hasStarted(1);
  }, 180_000);

  afterAll(async () => {
    if (dev.exitCode === null) {
      dev.kill('SIGTERM');
      await once(dev, 'close');
    }
    await data.remove();
    copy.remove();
  });

  it('starts again with what has been changed, but not with what does not compile', async () => {
    const before = await titleOfMissingPost();
    edit(`'${before}'`, `'Changed while it was running'`);
    await hasStarted(2);
    expect(await titleOfMissingPost()).toBe('Changed while it was running');

    edit(`'Changed while it was running'`, '42');
    await eventually(
      'the error is shown',
      () => Promise.resolve(output.includes('The last version that compiled')),
      BUILD_MS,
    );
    expect(output).toMatch(/posts\.errors\.ts\(\d+,\d+\): error TS/);
    expect(await titleOfMissingPost()).toBe('Changed while it was running');

    edit('42', `'Compiles again'`);
    await hasStarted(3);
    expect(await titleOfMissingPost()).toBe('Compiles again');
  });

  it('ends with its platform, Postgres and compiler', async () => {
    dev.kill('SIGINT');
    expect(await once(dev, 'close')).toEqual([0, null]);
    expect(existsSync(join(data.path, 'postgres/postmaster.pid'))).toBe(false);
    expect(addresses()).toHaveLength(3);
  });
});
