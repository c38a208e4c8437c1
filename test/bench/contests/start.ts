import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { serviceNames } from '#contracts';
import { packageRoot } from '#database';
import { type Arena, settingsFor } from '../arena.js';
import type { Contest, Side } from '../contest.js';
import { cpuOfProcess, memoryOf } from '../cpu.js';
import { type Program, type ServerProcess, startServer } from '../server-process.js';

export const MONOLITH = 'apps/monolith/src/main.js';
/** A folder in dist/. */
const BUNDLE = 'bundled';
const MASTER_KEY = '0'.repeat(64);

/** From the start of the process to the first response from the database, which is migrated already. As the image starts it. */
export function start(arena: Arena): Promise<Contest> {
  execFileSync(process.execPath, [join(packageRoot(), 'tools/bundle.mjs'), join(packageRoot(), 'dist', BUNDLE)]);
  return starts(arena, join(BUNDLE, MONOLITH));
}

/** The same from the files that tsc has written, as `npm start` does. */
export function startUnbundled(arena: Arena): Promise<Contest> {
  return starts(arena, MONOLITH);
}

async function starts(arena: Arena, entry: string): Promise<Contest> {
  // As in production, where no demo accounts are created during the start.
  const mode = { APP_ENV: 'production', RATE_LIMIT: 'on', MASTER_KEY };
  return {
    limit: await startingSide({ entry: 'test/bench/sides/bare-nest.js' }, arena, mode),
    ours: await startingSide({ entry }, arena, mode),
  };
}

export async function startingSide(program: Program, arena: Arena, mode: Record<string, string>): Promise<Side> {
  const settings = { ...settingsFor(await arena.database(serviceNames)), ...mode };
  return restartedSide(program, settings);
}

/** Each run starts the program again, and then does its work, if there is any. */
export function restartedSide(
  program: Program,
  settings: Record<string, string>,
  work: (url: string, operations: number) => Promise<void> = () => Promise.resolve(),
): Side {
  let running: ServerProcess | undefined;
  const stop = async () => {
    await running?.stop();
    running = undefined;
  };
  return {
    reset: stop,
    stop,
    run: async (operations) => {
      running = await startServer(program, settings);
      await work(running.url, operations);
    },
    // The CPU time of the process that was started last; 0 before the first start.
    cpu: () => Promise.resolve(running ? cpuOfProcess(running.pid) : 0),
    memory: () => (running ? memoryOf(running.pid) : 0),
  };
}
