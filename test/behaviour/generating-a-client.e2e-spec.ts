import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { packageRoot } from '#database';
import openapiTypescript, { astToString } from 'openapi-typescript';
import { platform } from '../support/platform/story.js';

const api = platform();
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
let folder: string;

beforeAll(() => {
  // Below the package, so that the client finds its library.
  folder = mkdtempSync(join(packageRoot(), 'dist/client-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

it('A client that is generated from the document compiles strictly, and works', async () => {
  const document = (await api.get('/openapi.json')).text;
  writeFileSync(join(folder, 'api.d.ts'), astToString(await openapiTypescript(document)));
  copyFileSync(join(packageRoot(), 'test/contracts/client/walk.txt'), join(folder, 'walk.ts'));
  const options = [
    '--ignoreConfig',
    '--strict',
    '--noUncheckedIndexedAccess',
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--types',
    'node',
  ];
  const compiled = spawnSync(process.execPath, [tsc, ...options, join(folder, 'walk.ts')], { encoding: 'utf8' });
  expect([compiled.stdout, compiled.status]).toEqual(['', 0]);
  const { stdout, stderr } = spawnSync(process.execPath, [join(folder, 'walk.js'), api.url], { encoding: 'utf8' });
  expect([stdout, stderr]).toEqual(['walked\n', '']);
});
