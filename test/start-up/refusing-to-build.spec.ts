import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

describe('A build that cannot work', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'twofold-build-'));
    cpSync('tools', join(folder, 'tools'), { recursive: true });
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it.each([
    ['npm ci', []],
    ['without --omit=dev', ['zod/package.json']],
    ['without --ignore-scripts', ['typescript/package.json', 'node/package.json']],
  ])('says in one sentence how to repair it: %s', (words, files) => {
    for (const file of files) {
      mkdirSync(dirname(join(folder, 'node_modules', file)), { recursive: true });
      writeFileSync(join(folder, 'node_modules', file), '{}');
    }
    const { status, stderr } = spawnSync(process.execPath, ['tools/build.mjs'], { cwd: folder, encoding: 'utf8' });
    expect([status, stderr.trim().split('\n')]).toEqual([1, [expect.stringContaining(words)]]);
  });
});
