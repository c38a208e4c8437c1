import { createReadStream, existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { INestApplicationContext } from '@nestjs/common';
import { UserError } from '#database';
import { brokerOf, EventRuntime, deleteConsumerGroups } from '#events';
import {
  describeMasterKey,
  type KeyDescription,
  masterKeyFile,
  RUNTIME_SETTINGS,
  type RuntimeSettings,
} from '#runtime';
import { from } from 'pg-copy-streams';
import { dataFile, type Manifest, readManifest } from '../backup-folder.js';
import type { Commands } from '../commands.js';
import { confirm, print } from '../output.js';
import { dryRun, path } from '../parameters.js';
import { type Connection, inTransactions, migrationsOf, quoted, tablesOf } from '../tables.js';

export const restore: Commands = (program, withServices) => {
  program
    .command('restore')
    .argument('<folder>', 'folder that `backup` has created', path)
    .description('replaces all data with a backup; the platform must be stopped, or not there yet')
    .option('--yes', 'do not ask for confirmation')
    .addOption(dryRun())
    .option(
      '--new-keys',
      'without the MASTER_KEY of the backup: makes new signing keys, so clients refresh their tokens',
    )
    .action(async (folder: string, { yes = false, newKeys = false, dryRun: isDry = false }: Options) => {
      const manifest = readManifest(folder);
      await assertReadable(folder, manifest);
      const work = async (services: INestApplicationContext) => {
        const settings = services.get<RuntimeSettings>(RUNTIME_SETTINGS);
        const databases = services.get(EventRuntime).all.map((each) => each.database);
        const names = databases.map(({ service }) => service);
        if (names.includes('auth') && !newKeys) assertSameKey(manifest, describeMasterKey(settings), settings.DATA_DIR);
        if (!isDry)
          await confirm(
            `Replace all data with the backup of ${manifest.createdAt}? The current data will be lost.`,
            yes,
          );
        const broker = await brokerOf(settings, 'twofold-ops');
        const rows = await inTransactions(databases, '', async (connections) => {
          await assertPlatformStopped(connections);
          for (const each of connections) await assertSameTables(manifest, each);
          let total = 0;
          if (isDry) return rowsIn(manifest, names);
          for (const each of connections) total += await restoreOne(folder, manifest, each);
          const auth = connections.find(({ service }) => service === 'auth');
          if (newKeys) await auth?.client.query('delete from "auth".signing_keys');
          // The services consume the events after the backup again, from the oldest message that Kafka retains.
          if (broker) await deleteConsumerGroups(broker, names);
          return total;
        });
        if (isDry) return print(`All data would be replaced with ${rows} rows, as of ${manifest.createdAt}.`);
        print(`Restored ${rows} rows, as of ${manifest.createdAt}.`);
        print('Projections of other services may be newer: run `ops republish` once the platform runs again.');
      };
      await withServices(work, { createsPlatform: !isDry });
    });
};

interface Options {
  readonly yes?: boolean;
  readonly newKeys?: boolean;
  readonly dryRun?: boolean;
}

function rowsIn({ services }: Manifest, names: readonly string[]): number {
  const tables = names.flatMap((name) => services[name]?.tables ?? []);
  return tables.reduce((sum, { rows }) => sum + rows, 0);
}

/** Before anything is changed: every file of the backup is there, and whole. */
async function assertReadable(folder: string, { services }: Manifest): Promise<void> {
  for (const [service, { tables }] of Object.entries(services)) {
    for (const { name } of tables) {
      const file = dataFile(folder, service, name);
      if (!existsSync(file))
        throw new UserError(`The backup lacks the table ${name} of ${service}: there is no ${resolve(file)}.`);
      const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
      await pipeline(createReadStream(file), createGunzip(), nowhere).catch((error: Error) => {
        throw new UserError(`${resolve(file)} cannot be restored: ${error.message}.`);
      });
    }
  }
}

function assertSameKey({ masterKey }: Manifest, present: KeyDescription | undefined, dataFolder: string): void {
  if (!masterKey || masterKey.fingerprint === present?.fingerprint) return;
  const before = masterKey.file ? `it was in ${masterKey.file}` : 'it was set as MASTER_KEY';
  throw new UserError(
    `The backup needs the master key ${masterKey.fingerprint} (${before}); the present one is ${present?.fingerprint ?? 'missing'}. ` +
      `Set MASTER_KEY, or copy that file to ${resolve(masterKeyFile(dataFolder))}. If the key is lost, pass --new-keys.`,
  );
}

async function assertSameTables({ services }: Manifest, connection: Connection): Promise<void> {
  const { service } = connection;
  const saved = services[service];
  if (!saved) throw new UserError(`The backup does not contain service ${service}.`);
  const applied = await migrationsOf(connection);
  if (applied.join() !== saved.migrations.join())
    throw new UserError(`The backup of ${service} is of another version: its migrations differ from the applied ones.`);
  for (const { name } of await tablesOf(connection))
    if (!saved.tables.some((table) => table.name === name))
      throw new UserError(`The backup lacks the table ${name} of ${service}.`);
}

/** Throws if the platform is running: it would continue with stale in-memory state. */
async function assertPlatformStopped(connections: readonly Connection[]): Promise<void> {
  for (const { service, client } of connections) {
    const { rows } = await client.query(
      'select from pg_stat_activity where datname = current_database() and application_name = $1',
      [`twofold-${service}`],
    );
    if (rows.length > 0) throw new UserError(`${service} is in use. Stop the platform first, then restore.`);
  }
}

async function restoreOne(folder: string, manifest: Manifest, connection: Connection): Promise<number> {
  const { service, client } = connection;
  const saved = manifest.services[service]?.tables ?? [];
  const tables = await tablesOf(connection);
  const epoch = await epochOf(connection);
  await client.query(`truncate ${tables.map(({ name }) => `"${service}"."${name}"`).join(', ')}`);
  let total = 0;
  for (const table of tables) {
    const file = dataFile(folder, service, table.name);
    const wanted = saved.find(({ name }) => name === table.name);
    if (!wanted) throw new UserError(`The backup lacks the table ${table.name} of ${service}.`);
    // The counters that triggers maintain are in the backup too.
    await client.query(`alter table "${service}"."${table.name}" disable trigger user`);
    const target = client.query(from(`copy ${quoted(service, { ...table, columns: wanted.columns })} from stdin`));
    await pipeline(createReadStream(file), createGunzip(), target).catch((error: Error) => {
      throw new UserError(`${file} cannot be restored: ${error.message}`);
    });
    await client.query(`alter table "${service}"."${table.name}" enable trigger user`);
    if (target.rowCount !== wanted.rows)
      throw new UserError(`${file} holds ${target.rowCount} rows, not ${wanted.rows}.`);
    total += target.rowCount;
  }
  await restartIdentityColumns(connection);
  await bumpSequences(connection);
  await invalidateCache(connection, epoch);
  return total;
}

async function epochOf({ service, client }: Connection): Promise<number> {
  const { rows } = await client.query<{ epoch: string }>(`select epoch from "${service}".cache_epoch`);
  return Number(rows[0]?.epoch ?? 0);
}

/** Far more than the changes of any row since a backup. */
const STEP = 1_000_000;

/** The version and event sequence columns, by service and table. */
const sequenceColumns: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  auth: { accounts: ['sequence'] },
  users: { users: ['version', 'sequence'] },
  posts: { posts: ['version', 'sequence', 'comment_sequence'], comments: ['version'], categories: ['version'] },
};

/**
 * Increases all versions and sequences by STEP: other services have consumed events after the backup, and ignore a
 * change whose number they have seen. Consumers report the sequence gap; that is correct, as the events after the
 * backup are lost.
 */
async function bumpSequences({ service, client }: Connection): Promise<void> {
  for (const [table, columns] of Object.entries(sequenceColumns[service] ?? {})) {
    const changes = columns.map((column) => `${column} = ${column} + ${STEP}`).join(', ');
    await client.query(`alter table "${service}"."${table}" disable trigger user`);
    await client.query(`update "${service}"."${table}" set ${changes}`);
    await client.query(`alter table "${service}"."${table}" enable trigger user`);
  }
}

/** Invalidates all entries of the shared cache, because they may be newer than the backup. */
async function invalidateCache({ service, client }: Connection, before: number): Promise<void> {
  await client.query(
    `update "${service}".cache_epoch set epoch = greatest(epoch, $1) + 1, off_since = clock_timestamp()`,
    [before],
  );
}

/** Restarts the identity columns after their highest value. */
async function restartIdentityColumns({ service, client }: Connection): Promise<void> {
  const { rows } = await client.query<{ table: string; column: string }>(
    `select table_name as table, column_name as column from information_schema.columns
     where table_schema = $1 and is_identity = 'YES'`,
    [service],
  );
  for (const { table, column } of rows) {
    const { rows: found } = await client.query<{ next: string }>(
      `select coalesce(max("${column}"), 0) + 1 as next from "${service}"."${table}"`,
    );
    // Not setval: a rollback does not undo it.
    const next = Number(found[0]?.next ?? 1);
    await client.query(`alter table "${service}"."${table}" alter column "${column}" restart with ${next}`);
  }
}
