import { realpathSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  assertReachable,
  DatabaseServer,
  databaseUrlOf,
  DataFolderInUse,
  findEmbeddedPostgres,
  hasEmbeddedPostgres,
  lockDataFolder,
  migrate,
  packageRoot,
  startEmbeddedPostgres,
  UserError,
} from '#database';
import { libraryMigrations } from './library-migrations.js';
import { retryUntilDatabaseReady } from './retry-until-database-ready.js';
import type { Progress } from './progress.js';
import type { ServiceDefinition } from '../service/service-definition.js';
import type { Closers } from './stop-on-signal.js';
import type { RuntimeSettings } from '../settings/settings.js';

const CLOSE_MS = 1_000;

/** The databases of a process: the lock of the data folder, the embedded server and the connection pools. */
export interface Databases {
  readonly server: DatabaseServer;
  /** Whether all of them are embedded, so that only this process uses them. */
  readonly owned: boolean;
  readonly dataFolder: string;
  /** Closes the pools, then the embedded server if there is one, then releases the lock. */
  close(): Promise<void>;
}

/** `closers` gets what is opened as soon as it is, for a caller that may have to stop in between. */
export async function openDatabases(
  definitions: readonly ServiceDefinition[],
  settings: RuntimeSettings,
  progress: Progress,
  application?: string,
  closers: Closers = [],
): Promise<Databases> {
  const close = async () => {
    for (const each of closers.toReversed()) await each();
  };
  try {
    const external = definitions.map(({ name }) => databaseUrlOf(name, settings));
    const embedded = external.includes(undefined) ? await startEmbedded(settings, progress, closers) : undefined;
    const urlOf = (service: string) => databaseUrlOf(service, settings) ?? embedded?.url ?? '';
    const prepare = () => (settings.MIGRATE === 'on-start' ? migrateAll : assertAllReachable)(definitions, urlOf);
    await progress.step(
      'migrations',
      () => (application ? prepare() : retryUntilDatabaseReady(prepare, settings)),
      summarize,
    );
    const server = new DatabaseServer(urlOf, settings.DATABASE_POOL, application);
    closers.push(() => closePools(server));
    return { server, owned: external.every((url) => url === undefined), dataFolder: resolve(settings.DATA_DIR), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startEmbedded(settings: RuntimeSettings, progress: Progress, closers: Closers) {
  const folder = await lockDataFolder(settings.DATA_DIR);
  closers.push(() => folder.release());
  const starting = startEmbeddedPostgres(folder);
  // Also a server that is still starting is stopped.
  closers.push(() =>
    starting.then(
      (postgres) => postgres.stop(),
      () => undefined,
    ),
  );
  const embedded = await progress.step(
    'database',
    () => starting,
    (postgres) => describe(folder.path, postgres.adopted, postgres.movedTo),
  );
  embedded.watch(exitWithoutDatabase);
  return embedded;
}

/** Prefix of `application_name` that distinguishes a command's connections from those of a platform process. */
const COMMAND_APPLICATION = 'ops';

/**
 * Opens the databases for a command: those of the running platform, or else as for a process of its own. A running
 * platform has already applied its migrations. Throws a UserError if there is none, unless the command may `create` one.
 */
export async function openDatabasesForCommand(
  definitions: readonly ServiceDefinition[],
  settings: RuntimeSettings,
  progress: Progress,
  create: boolean,
  closers: Closers = [],
): Promise<Databases> {
  const external = definitions.every(({ name }) => databaseUrlOf(name, settings) !== undefined);
  if (!external && !create && !hasEmbeddedPostgres(settings.DATA_DIR)) {
    throw new UserError(
      `There is no platform in ${resolve(settings.DATA_DIR)}. Start one there first, or correct DATA_DIR.`,
    );
  }
  try {
    return await openDatabases(definitions, settings, progress, COMMAND_APPLICATION, closers);
  } catch (error) {
    if (!(error instanceof DataFolderInUse)) throw error;
    const embedded = await findEmbeddedPostgres(settings.DATA_DIR);
    const urlOf = (service: string) => databaseUrlOf(service, settings) ?? embedded;
    if (definitions.some(({ name }) => !urlOf(name))) throw error;
    const server = new DatabaseServer((service) => urlOf(service) ?? '', settings.DATABASE_POOL, COMMAND_APPLICATION);
    const close = () => closePools(server);
    closers.push(close);
    return { server, owned: false, dataFolder: realpathSync(settings.DATA_DIR), close };
  }
}

/** A statement in flight gets a second. What it has not committed by then is lost with its connection. */
async function closePools(server: DatabaseServer): Promise<void> {
  await Promise.race([server.close(), delay(CLOSE_MS, undefined, { ref: false })]);
}

/** Ends the process, because only a start of the process can start the embedded server again. */
function exitWithoutDatabase(): void {
  process.stderr.write('The embedded Postgres stopped unexpectedly. Start again; all acknowledged writes are kept.\n');
  process.exit(1);
}

async function migrateAll(
  definitions: readonly ServiceDefinition[],
  urlOf: (service: string) => string,
): Promise<string[]> {
  const root = packageRoot();
  const libraries = libraryMigrations();
  const applied: string[] = [];
  for (const { name, migrations } of definitions) {
    const folder = migrations ?? join(root, `apps/${name}/prisma/migrations`);
    applied.push(...(await migrate({ service: name, url: urlOf(name), libraries, folder })));
  }
  return applied;
}

async function assertAllReachable(
  definitions: readonly ServiceDefinition[],
  urlOf: (service: string) => string,
): Promise<string[]> {
  for (const { name } of definitions) await assertReachable({ service: name, url: urlOf(name) });
  return [];
}

const summarize = (applied: readonly string[]) => (applied.length > 0 ? `${applied.length} applied` : 'nothing to do');

function describe(folder: string, adopted: boolean, movedTo: string | undefined): string {
  const place = movedTo ?? (relative(process.cwd(), folder) || '.');
  return `PostgreSQL with its data in ${place}${adopted ? ', found running after a crash' : ''}`;
}
