import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { packageRoot } from '#database';
import openapiTypescript, { astToString } from 'openapi-typescript';
import { platform } from '../support/platform/story.js';

// Not synchronously: the gateway of the services runs in this process.
const run = promisify(execFile);
const api = platform();
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const options = ['--ignoreConfig', '--strict', '--noUncheckedIndexedAccess', '--types', 'node'];
let folder: string;

beforeAll(() => {
  // Below the package, so that the client finds its library.
  folder = mkdtempSync(join(packageRoot(), 'dist/client-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

it('A client that is generated from the document compiles strictly, and works', async () => {
  const document = (await api.get('/openapi.json')).text;
  writeFileSync(join(folder, 'api.d.ts'), astToString(await openapiTypescript(document)));
  const source = join(folder, 'walk.ts');
  copyFileSync(join(packageRoot(), 'test/contracts/client/walk.txt'), source);
  // Both fail with what the program has written.
  await run(process.execPath, [tsc, ...options, '--module', 'nodenext', '--target', 'es2023', source]);
  const { stdout } = await run(process.execPath, [join(folder, 'walk.js'), api.url]);
  expect(stdout).toBe('walked\n');
});
