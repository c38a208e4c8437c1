import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Database } from '#database';
import { EventRuntime } from '#events';
import { describeMasterKey, RUNTIME_SETTINGS, type RuntimeSettings } from '#runtime';
import { to } from 'pg-copy-streams';
import { dataFile, makeBackupFolder, type Manifest, writeManifest } from '../backup-folder.js';
import type { Commands } from '../commands.js';
import { print } from '../output.js';
import { path } from '../parameters.js';
import { type Connection, inTransactions, migrationsOf, quoted, tablesOf } from '../tables.js';

export const backup: Commands = (program, withServices) => {
  program
    .command('backup')
    .argument('<folder>', 'a new folder', path)
    .description('backs up all data; the platform can keep running')
    .action((folder: string) =>
      withServices(async (services) => {
        makeBackupFolder(folder);
        const masterKey = describeMasterKey(services.get<RuntimeSettings>(RUNTIME_SETTINGS));
        const databases = services.get(EventRuntime).all.map((each) => each.database);
        const rows = await inTransactions(databases, 'isolation level repeatable read', async (connections) => {
          await shareSnapshots(databases, connections);
          return copyAll(folder, connections, masterKey);
        });
        print(`Saved ${rows} rows to ${folder}, without the master key, which decrypts the signing keys.`);
        if (masterKey)
          print(`Keep ${masterKey.file ?? 'MASTER_KEY'} elsewhere (fingerprint ${masterKey.fingerprint}).`);
      }),
    );
};

/** Services that share a database are backed up from one snapshot. */
async function shareSnapshots(databases: readonly Database[], connections: readonly Connection[]): Promise<void> {
  const snapshots = new Map<unknown, string>();
  for (const [index, { client }] of connections.entries()) {
    const url = databases[index]?.pool.options.connectionString;
    const known = snapshots.get(url);
    if (known) await client.query(`set transaction snapshot '${known}'`);
    else {
      const { rows } = await client.query<{ id: string }>('select pg_export_snapshot() as id');
      if (rows[0]) snapshots.set(url, rows[0].id);
    }
  }
}

async function copyAll(
  folder: string,
  connections: readonly Connection[],
  masterKey: Manifest['masterKey'],
): Promise<number> {
  const services: Manifest['services'] = {};
  let total = 0;
  for (const each of connections) {
    const tables: Manifest['services'][string]['tables'] = [];
    for (const table of await tablesOf(each)) {
      const source = each.client.query(to(`copy ${quoted(each.service, table)} to stdout`));
      const file = createWriteStream(dataFile(folder, each.service, table.name), { mode: 0o600 });
      await pipeline(source, createGzip(), file);
      tables.push({ ...table, columns: [...table.columns], rows: source.rowCount });
      total += source.rowCount;
    }
    services[each.service] = { migrations: await migrationsOf(each), tables };
  }
  writeManifest(folder, {
    format: 1,
    createdAt: new Date().toISOString(),
    ...(masterKey ? { masterKey } : {}),
    services,
  });
  return total;
}
