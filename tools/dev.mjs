// Runs the monolith, and starts it again after each change that compiles. Parameters are passed to Node, such as --inspect.
import './build.mjs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, statSync, watch } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';

const TSC = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const MAIN = [
  '--import',
  './dist/libs/telemetry/src/start.js',
  '--enable-source-maps',
  'dist/apps/monolith/src/main.js',
];
/** An editor writes a file in several steps. */
const SETTLE_MS = 100;

let platform;
let startedAt = 0;
let stopping = false;
/** Of the platform that was running last. */
let ending = Promise.resolve();
/** Restarts come one after the other. */
let queue = Promise.resolve();

const compiler = spawn(process.execPath, [TSC, '-p', 'tsconfig.json', '--watch', '--preserveWatchOutput'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
createInterface({ input: compiler.stdout }).on('line', (line) => {
  const [, errors] = /Found (\d+) errors?\. Watching/.exec(line) ?? [];
  if (errors === '0') compiled();
  else if (errors) say('The last version that compiled goes on.');
  else if (line.includes('error TS')) process.stdout.write(`${line}\n`);
});

for (const schema of globSync('apps/*/prisma/schema.prisma')) {
  watchFolder(dirname(schema), generate, { only: 'schema.prisma' });
}
for (const folder of globSync('{apps,libs}/**/migrations').concat('apps/monolith/public')) {
  watchFolder(folder, restart, { recursive: true });
}
watchFolder('.', restart, { only: '.env' });

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void stop());

start();

function start() {
  startedAt = Date.now();
  const started = spawn(process.execPath, [...process.argv.slice(2), ...MAIN], { stdio: 'inherit' });
  platform = started;
  started.once('exit', (code) => {
    if (platform === started && !stopping) say(`The platform has ended (${code}), and starts again after a change.`);
  });
}

/** The compiler writes only what has changed: after a change of a test alone, everything stays as it is. */
function compiled() {
  const changed = globSync('dist/{apps,libs}/**/*.js').some((file) => statSync(file).mtimeMs > startedAt);
  if (changed) restart();
}

function restart() {
  queue = queue.then(async () => {
    if (stopping) return;
    say('A change: starting again …');
    await end();
    if (!stopping) start();
  });
}

async function generate() {
  const [code] = await once(spawn(process.execPath, ['tools/generate.mjs'], { stdio: 'inherit' }), 'exit');
  // The compiler sees the generated files, and what it makes of them.
  if (code === 0) say('The Prisma clients are generated.');
}

async function stop() {
  if (stopping) return;
  stopping = true;
  compiler.kill('SIGTERM');
  await end();
  process.exit(0);
}

/** With Ctrl-C, the terminal has sent the signal to the platform, too: it ignores the second one. */
function end() {
  const old = platform;
  platform = undefined;
  if (old && old.exitCode === null && old.signalCode === null) {
    old.kill('SIGTERM');
    ending = once(old, 'exit');
  }
  return ending;
}

function watchFolder(folder, changed, { only, recursive = false }) {
  let timer;
  watch(folder, { recursive }, (_, file) => {
    if (only && file !== only) return;
    clearTimeout(timer);
    timer = setTimeout(() => changed(), SETTLE_MS);
  });
}

function say(line) {
  process.stdout.write(`dev: ${line}\n`);
}
