// Builds the Prisma clients, then dist/ with tsc, if a source is newer than the last build. `--force` always builds.
import './check-install.mjs';
import { execFileSync } from 'node:child_process';
// Not by name: an old Node must get as far as the check.
import * as fs from 'node:fs';
import { createRequire } from 'node:module';

const { existsSync, rmSync, statSync, writeFileSync } = fs;

const STAMP = 'dist/.built';
const require = createRequire(import.meta.url);

function newest(patterns) {
  const files = fs.globSync(patterns, {
    exclude: (path) => /(^|\/)(generated|node_modules|dist)($|\/)/.test(path),
  });
  return Math.max(0, ...files.map((file) => statSync(file).mtimeMs));
}

const builtAt = existsSync(STAMP) ? statSync(STAMP).mtimeMs : 0;
const sources = [
  'apps/**/*.ts',
  'libs/**/*.ts',
  'test/**/*.ts',
  'apps/*/prisma/schema.prisma',
  'tsconfig.json',
  'package-lock.json',
];

if (process.argv.includes('--force') || newest(sources) > builtAt) {
  process.stderr.write('Building: sources have changed since the last build …\n');
  rmSync('dist', { recursive: true, force: true });
  execFileSync(process.execPath, ['tools/generate.mjs'], { stdio: 'inherit' });
  execFileSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.json'], { stdio: 'inherit' });
  writeFileSync(STAMP, '');
}
