import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, packageRoot } from '#database';

const POLL_INTERVAL_MS = 5;

/** What a process runs, as paths in the build. */
export interface Program {
  readonly entry: string;
  /** Loaded before it, by `--import`. */
  readonly imports?: readonly string[];
}

export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a server in a process of its own, and waits until it has answered a request from the database. */
export async function startServer(
  { entry, imports = [] }: Program,
  settings: Record<string, string>,
): Promise<ServerProcess> {
  const port = await freePort();
  const { PATH = '', HOME = '' } = process.env;
  const inBuild = (path: string) => join(packageRoot(), 'dist', path);
  const flags = imports.flatMap((path) => ['--import', inBuild(path)]);
  const child = spawn(process.execPath, [...flags, inBuild(entry)], {
    env: { PATH, HOME, ...settings, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // Its log is read, as by whatever collects logs, and discarded.
  child.stdout.resume();
  const ended = once(child, 'exit');
  // If the bench fails, no server may outlive it: it would take CPU time from the next one.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  const url = `http://127.0.0.1:${port}`;
  while (!(await answers(url))) {
    if (hasEnded(child)) throw new Error(`${entry} has ended.`);
    await delay(POLL_INTERVAL_MS);
  }
  return {
    url,
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(`${url}/v1/posts`).catch(() => undefined);
  await response?.arrayBuffer();
  return response?.status === 200;
}
