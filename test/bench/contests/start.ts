import { serviceNames } from '#contracts';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, packageRoot } from '#database';
import { type Arena, settingsFor } from '../arena.js';
import type { Contest, Side } from '../contest.js';
import { cpuOfProcess, memoryOf } from '../cpu.js';

const POLL_INTERVAL_MS = 5;
const MASTER_KEY = '0'.repeat(64);

/** From the start of the process to the first response from the database, which is migrated already. */
export async function start(arena: Arena): Promise<Contest> {
  return {
    limit: await startingSide('test/bench/sides/bare-nest.js', arena),
    ours: await startingSide('apps/monolith/src/main.js', arena),
  };
}

async function startingSide(entry: string, arena: Arena): Promise<Side> {
  const settings = settingsFor(await arena.database(serviceNames));
  let running: ChildProcess | undefined;
  const stop = async () => {
    if (!running) return;
    const ended = once(running, 'exit');
    running.kill('SIGTERM');
    await ended;
    running = undefined;
  };
  return {
    reset: stop,
    stop,
    run: async () => {
      const port = await freePort();
      const { PATH = '', HOME = '' } = process.env;
      // As in production, where no demo accounts are created during the start.
      const mode = { APP_ENV: 'production', RATE_LIMIT: 'on', MASTER_KEY };
      running = spawn(process.execPath, [join(packageRoot(), 'dist', entry)], {
        env: { PATH, HOME, ...settings, ...mode, PORT: String(port) },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      while (!(await answers(port))) {
        if (running.exitCode !== null) throw new Error(`${entry} has ended.`);
        await delay(POLL_INTERVAL_MS);
      }
    },
    // The CPU time of the process that was started last; 0 before the first start.
    cpu: () => Promise.resolve(running?.pid ? cpuOfProcess(running.pid) : 0),
    memory: () => (running?.pid ? memoryOf(running.pid) : 0),
  };
}

async function answers(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/posts`).catch(() => undefined);
  await response?.arrayBuffer();
  return response?.status === 200;
}
