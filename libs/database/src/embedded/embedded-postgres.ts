import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { DataFolder } from './data-folder.js';
import { type Binaries, binaries, type EmbeddedHome, embeddedHome, type Runner } from './embedded-home.js';
import { explainFailure } from './explain-failure.js';
import { freePort } from './free-port.js';
import {
  adopt,
  dataDirectoryAt,
  isAlive,
  POLL_MS,
  removeStalePid,
  type RunningServer,
  START_TIMEOUT_MS,
  stop,
  urlOf,
  USER,
} from './running-server.js';
import { UserError } from '../user-error.js';

export interface EmbeddedPostgres {
  readonly url: string;
  /** True if a server that a killed process had left running was adopted instead of starting a new one. */
  readonly adopted: boolean;
  /** The folder of the cluster, if it is not inside the data folder. */
  readonly movedTo?: string;
  /** Ends all sessions and waits until the server has stopped. */
  stop(): Promise<void>;
  /** Calls `onExit` once if the server process exits without a call of `stop`. */
  watch(onExit: () => void): void;
}

const DATABASE = 'twofold';
const WATCH_MS = 500;

/**
 * Starts the PostgreSQL server of a data folder that this process has locked, on a free port of 127.0.0.1 and with a
 * generated password. The server keeps running after a kill -9 of the process that started it. Since the lock proves
 * that this process has ended, such a server is adopted if it accepts the folder's password and uses its cluster.
 *
 * The server runs detached, so that Ctrl-C in a terminal signals only the application, which stops Postgres last.
 */
export async function startEmbeddedPostgres(folder: DataFolder): Promise<EmbeddedPostgres> {
  const place = embeddedHome(folder.path);
  const secret = passwordOf(folder.path);
  const programs = binaries(place.runner);
  const mark = initialised(folder.path);
  if (!existsSync(mark)) await initialise(place, programs, secret);
  assertPlace(place, mark);
  if (!existsSync(mark) || readFileSync(mark, 'utf8').trim() !== place.home) writeFileSync(mark, `${place.home}\n`);
  const orphan = await adopt(place.home, secret);
  if (!orphan) removeStalePid(place.home);
  const server = orphan ?? (await start(place, programs, secret));
  try {
    await createDatabase(server.port, secret);
  } catch (error) {
    await stop(server.pid);
    throw error;
  }
  let watch: NodeJS.Timeout | undefined;
  let stopping = false;
  return {
    url: urlOf(server.port, secret, DATABASE),
    adopted: orphan !== undefined,
    ...(place.moved ? { movedTo: place.home } : {}),
    stop: () => {
      stopping = true;
      clearInterval(watch);
      return stop(server.pid);
    },
    watch: (onExit) => {
      watch = setInterval(() => {
        if (!stopping && isAlive(server.pid)) return;
        clearInterval(watch);
        if (!stopping) onExit();
      }, WATCH_MS).unref();
    },
  };
}

/** Whether a folder holds the data of an embedded server. */
export function hasEmbeddedPostgres(folder: string): boolean {
  return existsSync(initialised(folder));
}

/**
 * The URL of the embedded server of a data folder that another process has locked. Undefined if the server does not run
 * (yet): that process may use an external Postgres.
 */
export async function findEmbeddedPostgres(folder: string): Promise<string | undefined> {
  const path = realpathSync(folder);
  if (!existsSync(initialised(path))) return undefined;
  const secret = passwordOf(path);
  const server = await adopt(embeddedHome(path).home, secret);
  return server && urlOf(server.port, secret, DATABASE);
}

function passwordOf(folder: string): string {
  const path = join(folder, 'postgres.secret');
  if (!existsSync(path)) writeFileSync(path, randomBytes(24).toString('hex'), { mode: 0o600 });
  return readFileSync(path, 'utf8');
}

function prepareHome({ home, runner }: EmbeddedHome): void {
  mkdirSync(dirname(home), { recursive: true });
  mkdirSync(home, { mode: 0o700 });
  if (runner.uid !== undefined && runner.gid !== undefined) chownSync(home, runner.uid, runner.gid);
}

/** This file is written after initdb has succeeded: a cluster left incomplete by a killed initdb is created again. */
function initialised(folder: string): string {
  return join(folder, 'postgres.initialised');
}

async function initialise(place: EmbeddedHome, { initdb }: Binaries, secret: string): Promise<void> {
  const { home, runner } = place;
  rmSync(home, { recursive: true, force: true });
  prepareHome(place);
  const passwordFile = `${home}.pw`;
  writeFileSync(passwordFile, secret, { mode: 0o600 });
  if (runner.uid !== undefined && runner.gid !== undefined) chownSync(passwordFile, runner.uid, runner.gid);
  const args = [
    '-D',
    home,
    '-U',
    USER,
    '--pwfile',
    passwordFile,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--no-instructions',
  ];
  try {
    await run(initdb, args, home, runner);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/**
 * Throws a UserError if there is no cluster where it should be. That of a data folder that only root can reach has a name
 * from the folder's path (see `embeddedHome`), and so does not move with it.
 */
function assertPlace({ home }: EmbeddedHome, mark: string): void {
  if (existsSync(home)) return;
  const [folder, before] = [dirname(mark), readFileSync(mark, 'utf8').trim()];
  const found = before !== '' && existsSync(before) ? `; there is one at ${before}, where it was last used` : '';
  throw new UserError(
    `The database of ${folder} is not at ${home}${found}. If the folder was moved or copied, or its permissions were changed, ` +
      'undo that, back up and restore instead.',
  );
}

async function start(place: EmbeddedHome, programs: Binaries, secret: string): Promise<RunningServer> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const port = await freePort();
    const child = spawnServer(place, programs, port);
    const outcome = await waitUntilReadyOrExited(child.process, port, secret, deadline);
    if (outcome === 'ready' && child.process.pid !== undefined) {
      child.process.unref();
      return { pid: child.process.pid, port };
    }
    // Two causes are temporary: children of a killed postmaster that have not exited yet, and a port taken just now.
    const isTemporary = /shared memory block|in use|could not bind|already exists/i.test(child.log());
    if (!isTemporary || Date.now() > deadline) throw explainFailure(child.log(), place);
    await delay(200);
  }
}

function spawnServer({ home, runner }: EmbeddedHome, { postgres }: Binaries, port: number) {
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 200,
    shared_buffers: '128MB',
    log_min_messages: 'warning',
    deadlock_timeout: '100ms', // transactions are retried after a deadlock, so it should be detected early
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  let log = '';
  const child = spawn(postgres, ['-D', home, ...flags], {
    ...runner,
    cwd: home,
    env: environment(home),
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4_000)));
  const { stderr } = child;
  if ('unref' in stderr && typeof stderr.unref === 'function') stderr.unref();
  return { process: child, log: () => log };
}

async function waitUntilReadyOrExited(
  child: ChildProcess,
  port: number,
  secret: string,
  deadline: number,
): Promise<'ready' | 'exited'> {
  let exited = false;
  child.once('exit', () => (exited = true));
  child.once('error', () => (exited = true));
  while (!exited) {
    if ((await dataDirectoryAt(port, secret)) !== undefined) return 'ready';
    if (Date.now() > deadline) {
      child.kill('SIGINT');
      throw new UserError('Postgres did not answer within a minute. Start again.');
    }
    await delay(POLL_MS);
  }
  return 'exited';
}

async function createDatabase(port: number, secret: string): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf(port, secret, 'postgres') });
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}

function environment(home: string): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'] ?? '', HOME: home, LC_ALL: 'C', TZ: 'UTC' };
}

function run(program: string, args: string[], cwd: string, runner: Runner): Promise<void> {
  return new Promise((done, failed) => {
    const child = spawn(program, args, { ...runner, cwd, env: environment(cwd), stdio: ['ignore', 'ignore', 'pipe'] });
    let log = '';
    child.stderr.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4_000)));
    child.once('error', failed);
    child.once('close', (code) => (code === 0 ? done() : failed(explainFailure(log, { home: cwd, runner }))));
  });
}
