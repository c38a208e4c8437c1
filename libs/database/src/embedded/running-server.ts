import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { UserError } from '../user-error.js';

/** The superuser of the embedded server. */
export const USER = 'twofold';
/** How long a server may take to start or to answer. */
export const START_TIMEOUT_MS = 60_000;
export const POLL_MS = 25;

export interface RunningServer {
  readonly pid: number;
  readonly port: number;
}

/** Finds a server that a killed process left running: it must accept this folder's password and use its cluster. */
export async function adopt(home: string, secret: string): Promise<RunningServer | undefined> {
  const server = serverNamedIn(home);
  if (!server) return undefined;
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (isServerOf(server.pid, home)) {
    const served = await dataDirectoryAt(server.port, secret);
    if (served !== undefined && existsSync(served) && isSameFolder(served, home)) return server;
    if (served !== undefined)
      throw new UserError(
        `The Postgres of ${served} (process ${server.pid}) is named in ${pidFile(home)}. Stop it, then start again.` +
          // Elsewhere it is not known whether that server uses this folder.
          (process.platform === 'linux' ? '' : ' If this folder is a copy of that one, delete the file instead.'),
      );
    if (Date.now() > deadline) {
      throw new UserError(
        `Process ${server.pid} uses ${home} but does not respond as the embedded Postgres. Stop it, then start again.`,
      );
    }
    await delay(POLL_MS);
  }
  return undefined;
}

/**
 * Postgres refuses an empty postmaster.pid, and takes another program with its process id, or the server of another
 * folder, for its own. Only for the owner of the data folder's lock: no other process starts a server there.
 */
export function removeStalePid(home: string): void {
  const server = serverNamedIn(home);
  if (!server) return;
  const { pid } = server;
  if (!(pid > 0) || (isAlive(pid) && !isServerOf(pid, home))) rmSync(pidFile(home), { force: true });
}

/** What postmaster.pid says, whether it is true or not: the numbers may be NaN. Undefined without the file. */
function serverNamedIn(home: string): RunningServer | undefined {
  if (!existsSync(pidFile(home))) return undefined;
  const [pid, , , port] = readFileSync(pidFile(home), 'utf8').split('\n');
  // Negative for a server in single-user mode, which has no port.
  return { pid: Math.abs(Number(pid)), port: Number(port) };
}

const pidFile = (home: string) => join(home, 'postmaster.pid');

/** The folder that a server serves; undefined while none answers, or it does not accept the password. */
export async function dataDirectoryAt(port: number, secret: string): Promise<string | undefined> {
  if (!(port > 0)) return undefined;
  const client = new pg.Client({ connectionString: urlOf(port, secret, 'postgres'), connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined); // the server is shutting down
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    return rows[0]?.data_directory;
  } catch {
    return undefined;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Ends all sessions, writes a checkpoint, and waits until the process has ended. */
export async function stop(pid: number): Promise<void> {
  if (!isAlive(pid)) return;
  process.kill(pid, 'SIGINT'); // "fast"
  while (isAlive(pid)) await delay(POLL_MS);
}

/** Whatever their names: a folder may be mounted twice. Throws if one cannot be read. */
function isSameFolder(one: string, other: string): boolean {
  const [first, second] = [statSync(one, { bigint: true }), statSync(other, { bigint: true })];
  return first.dev === second.dev && first.ino === second.ino;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !processStatus(pid).includes('\nState:\tZ');
}

/**
 * Whether the process is a Postgres server of this cluster, also if the folder was renamed while it runs: its working
 * directory is the cluster. Only Linux reports this; on other systems it is assumed.
 */
function isServerOf(pid: number, home: string): boolean {
  if (!(pid > 0) || !isAlive(pid)) return false;
  if (process.platform !== 'linux') return true;
  const status = processStatus(pid);
  if (status !== '' && !/^Name:\s+postgres/m.test(status)) return false;
  try {
    return isSameFolder(`/proc/${pid}/cwd`, home);
  } catch {
    return true; // not readable, as for root in a container: assumed, because two servers would destroy the data
  }
}

function processStatus(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

export function urlOf(port: number, secret: string, database: string): string {
  return `postgresql://${USER}:${secret}@127.0.0.1:${port}/${database}`;
}
