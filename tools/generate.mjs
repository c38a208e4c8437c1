// Generates the Prisma client of every service, and that of the peers in the benchmark. Needs neither a network nor a database.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { createRequire } from 'node:module';

const prisma = createRequire(import.meta.url).resolve('prisma/build/index.js');

// Prevents Prisma from downloading its schema engine, which `generate` never runs; any existing file is accepted.
const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' };

async function generate(config) {
  const child = spawn(process.execPath, [prisma, 'generate', '--no-hints', '--config', config], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errorOutput = '';
  child.stderr.on('data', (chunk) => (errorOutput += chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) process.stderr.write(errorOutput);
  return code === 0;
}

const succeeded = await Promise.all(
  globSync(['apps/*/prisma.config.ts', 'test/bench/peers/prisma.config.ts']).map(generate),
);
if (succeeded.includes(false)) process.exitCode = 1;
