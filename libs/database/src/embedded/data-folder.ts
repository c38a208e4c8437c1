import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { embeddedHome } from './embedded-home.js';
import { UserError } from '../user-error.js';

/** A data folder that this process has locked, until `release` or until the process ends, even by kill -9. */
export interface DataFolder {
  readonly path: string;
  release(): void;
}

export class DataFolderInUse extends UserError {}

/**
 * Creates the folder and acquires its lock. The lock is a listening local socket, which the operating system closes
 * when the process ends: kill -9 leaves no stale lock, and a reused process id cannot be mistaken for the owner.
 *
 * Throws a UserError if the folder cannot be written, DataFolderInUse if another process holds it.
 */
export async function lockDataFolder(folder: string): Promise<DataFolder> {
  const path = makeWritable(resolve(folder));
  const owner = join(path, 'owner.pid');
  const server = await listenExclusively(socketOf(path)).catch(() => {
    const pid = existsSync(owner) ? readFileSync(owner, 'utf8').trim() : 'unknown';
    throw new DataFolderInUse(
      `The data folder ${path} is in use by another Twofold (process ${pid}). Stop that one, or set DATA_DIR to another folder.`,
    );
  });
  writeFileSync(owner, `${process.pid}\n`);
  return { path, release: () => server.close() };
}

/** Throws a UserError if the folder holds anything, but not what a platform stores. */
export function assertDataFolder(folder: string): void {
  const names = readdirSync(folder);
  if (names.length === 0 || names.includes('owner.pid') || names.includes('master.key')) return;
  throw new UserError(`${folder} is not the data folder of a platform, so nothing was deleted. Correct DATA_DIR.`);
}

/** Removes all data of the folder. Throws DataFolderInUse while a process holds it. */
export async function resetDataFolder(folder: string): Promise<string> {
  const path = resolve(folder);
  if (!existsSync(path)) return path;
  const held = await lockDataFolder(path);
  const { home } = embeddedHome(path);
  rmSync(home, { recursive: true, force: true });
  rmSync(path, { recursive: true, force: true });
  held.release();
  return path;
}

function makeWritable(path: string): string {
  try {
    makeFolder(path);
    accessSync(path, constants.W_OK);
    readdirSync(path); // fails if the path is a file
    return realpathSync(path);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new UserError(
      `The data folder ${path} cannot be written (${reason}). Fix its permissions, or set DATA_DIR to another folder.`,
    );
  }
}

/** Creates one level at a time: Node's recursive mkdir never returns where no folder can be created, as in /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}

/** Maximum length of an abstract Unix socket name: 108 bytes minus the leading NUL, which marks it as not a file. */
const ABSTRACT_NAME = 107;

function socketOf(path: string): string {
  const name = `twofold-${createHash('sha256').update(path).digest('hex').slice(0, 16)}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`;
  // Padded to the maximum length, because Node versions differ in whether they pad the name themselves.
  return process.platform === 'linux' ? `\0${name.padEnd(ABSTRACT_NAME, '-')}` : join(tmpdir(), `${name}.sock`);
}

async function listenExclusively(socket: string): Promise<Server> {
  try {
    return await listen(socket);
  } catch (error) {
    // Only a socket file can outlive its process: if it accepts no connection, it is stale.
    if (!socket.endsWith('.sock') || (await acceptsConnections(socket))) throw error;
    rmSync(socket, { force: true });
    return listen(socket);
  }
}

function listen(socket: string): Promise<Server> {
  return new Promise((done, failed) => {
    const server = createServer((connection) => connection.destroy());
    server.once('error', failed);
    server.listen(socket, () => done(server.unref()));
  });
}

function acceptsConnections(socket: string): Promise<boolean> {
  return new Promise((done) => {
    const connection = connect(socket);
    connection.once('connect', () => done(true)).once('error', () => done(false));
    connection.once('connect', () => connection.destroy());
  });
}
