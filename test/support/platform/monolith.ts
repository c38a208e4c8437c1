import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { packageRoot } from '#database';

export interface RunningProcess {
  readonly url: string;
  readonly pid: number;
  /** Its output on stdout and stderr so far. */
  output(): string;
  /** Resolves with the exit code, or the signal that killed it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Sends SIGTERM and waits until the process has ended. */
  stop(): Promise<number | NodeJS.Signals>;
}

/** The process ended before it listened. */
export class EndedEarly extends Error {
  constructor(
    readonly end: number | NodeJS.Signals,
    output: string,
  ) {
    super(`The process ended (${end}) before it listened:\n${output}`);
  }
}

const MONOLITH = 'dist/apps/monolith/src/main.js';
const TELEMETRY = 'dist/libs/telemetry/src/start.js';

/** Default settings of processes in tests: any free port, no rate limits and no traces, and only warnings in the log. */
const testSettings = {
  PORT: '0',
  RATE_LIMIT: 'off',
  DEMO: 'off',
  LOG_LEVEL: 'warn',
  APP_ENV: 'development',
  TRACES_IN_MEMORY: '0',
};

/**
 * Starts a process of the platform from the build and waits until it listens. Throws with its output if it ends first.
 */
export async function startMonolith(settings: Record<string, string>, entry = MONOLITH): Promise<RunningProcess> {
  const { child, output, ended } = spawnMonolith(settings, entry);
  const url = await new Promise<string>((done, failed) => {
    child.stdout?.on('data', () => {
      const [, found] = /listening .*(http:\/\/\S+)/.exec(output()) ?? [];
      if (found) done(found);
    });
    void ended.then((end) => failed(new EndedEarly(end, output())));
  });
  const stop = async () => {
    child.kill('SIGTERM');
    return ended;
  };
  return { url, pid: child.pid ?? 0, output, ended, stop };
}

/** Begins to run a process, for tests that disturb it. */
export function beginMonolith(
  settings: Record<string, string>,
  entry = MONOLITH,
  parameters: readonly string[] = [],
): Omit<RunningProcess, 'url' | 'stop'> {
  const { child, output, ended } = spawnMonolith(settings, entry, parameters);
  return { pid: child.pid ?? 0, output, ended };
}

/** Runs a process that is expected to end by itself. */
export async function runToEnd(
  settings: Record<string, string>,
  entry = MONOLITH,
  parameters: readonly string[] = [],
): Promise<{ code: number | string; output: string }> {
  const { output, ended } = spawnMonolith(settings, entry, parameters);
  return { code: await ended, output: output() };
}

function spawnMonolith(settings: Record<string, string>, entry: string, parameters: readonly string[] = []) {
  const { PATH = '', HOME = '' } = process.env;
  const child: ChildProcess = spawn(
    process.execPath,
    ['--import', join(packageRoot(), TELEMETRY), '--enable-source-maps', join(packageRoot(), entry), ...parameters],
    {
      cwd: packageRoot(),
      env: { PATH, HOME, ...testSettings, ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  return { child, output: () => log, ended };
}
