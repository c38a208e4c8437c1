// Builds the Prisma clients, then dist/ with tsc, if a source is newer than the last build; only what has changed is compiled.
// `--force` builds everything anew.
import './check-install.mjs';
import { execFileSync } from 'node:child_process';
// Not by name: an old Node must get as far as the check.
import * as fs from 'node:fs';
import { createRequire } from 'node:module';

const { existsSync, rmSync, statSync, utimesSync, writeFileSync } = fs;

const STAMP = 'dist/.built';
const SCHEMAS = ['{apps/*,test/bench/peers}/prisma/schema.prisma'];
const require = createRequire(import.meta.url);

const inputs = (patterns) =>
  fs.globSync(patterns, { exclude: (path) => /(^|\/)(generated|node_modules|dist)($|\/)/.test(path) });
const newest = (patterns) => Math.max(0, ...inputs(patterns).map((file) => statSync(file).mtimeMs));

const begun = new Date();
const builtAt = existsSync(STAMP) ? statSync(STAMP).mtimeMs : 0;
const everything = process.argv.includes('--force') || newest(['tsconfig.json', 'package-lock.json']) > builtAt;
const clients =
  everything ||
  newest(SCHEMAS) > builtAt ||
  fs.globSync(['apps/*/src/generated', 'test/bench/peers/generated']).length < fs.globSync(SCHEMAS).length;

if (clients || newest(['{apps,libs,test}/**/*.ts']) > builtAt || leftOver().length > 0) {
  process.stderr.write('Building: sources have changed since the last build …\n');
  if (everything) rmSync('dist', { recursive: true, force: true });
  try {
    if (clients) run('tools/generate.mjs');
    run(require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.json');
  } catch (error) {
    // The compiler has said why.
    process.exit(error.status ?? 1);
  }
  // Afterwards, when the compiler has noticed that their sources are gone.
  for (const file of leftOver()) rmSync(file);
  writeFileSync(STAMP, '');
  // A source that was saved during the build is newer than it.
  utimesSync(STAMP, begun, begun);
}

function run(...parameters) {
  execFileSync(process.execPath, parameters, { stdio: 'inherit' });
}

/** What was compiled from sources that are gone. */
function leftOver() {
  return fs
    .globSync('dist/{apps,libs,test}/**/*.js')
    .filter((file) => !existsSync(file.replace(/^dist[/\\]/, '').replace(/\.js$/, '.ts')));
}
