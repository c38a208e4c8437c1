import { createReadStream, existsSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { UserError } from '#database';
import { brokerOf, EventRuntime, forgetGroups } from '#events';
import { RUNTIME_SETTINGS, type RuntimeSettings } from '#runtime';
import { from } from 'pg-copy-streams';
import { dataFile, type Manifest, readManifest } from '../backup-folder.js';
import type { Commands } from '../commands.js';
import { confirm, say } from '../output.js';
import { type Copied, inTransactions, migrationsOf, quoted, tablesOf } from '../tables.js';

export const restore: Commands = (program, visit) => {
  program
    .command('restore')
    .argument('<folder>', 'what `backup` has made')
    .description('replaces all data by that of a backup, while the platform is stopped')
    .option('--yes', 'do not ask')
    .action((folder: string, { yes = false }: { yes?: boolean }) =>
      visit(async (services) => {
        const manifest = readManifest(folder);
        const databases = services.get(EventRuntime).all.map((each) => each.database);
        await confirm(`Replace all data by that of ${manifest.createdAt}? What is there now is lost.`, yes);
        const broker = await brokerOf(services.get<RuntimeSettings>(RUNTIME_SETTINGS), 'twofold-ops');
        const rows = await inTransactions(databases, '', async (copied) => {
          await assertAlone(copied);
          // What came after the backup is heard again, from the oldest message that is kept.
          const names = copied.map(({ service }) => service);
          if (broker) await forgetGroups(broker, names);
          let total = 0;
          for (const each of copied) total += await restoreOne(folder, manifest, each);
          return total;
        });
        say(`${rows} rows are back, as of ${manifest.createdAt}.`);
        say('Other services may know of changes after it: run `ops republish` once the platform runs again.');
      }),
    );
};

/** A platform that runs would go on with what it remembers. */
async function assertAlone(copied: readonly Copied[]): Promise<void> {
  for (const { service, client } of copied) {
    const { rows } = await client.query(
      'select from pg_stat_activity where datname = current_database() and application_name = $1',
      [`twofold-${service}`],
    );
    if (rows.length > 0) throw new UserError(`${service} is in use. Stop the platform first, then restore.`);
  }
}

async function restoreOne(folder: string, manifest: Manifest, copied: Copied): Promise<number> {
  const { service, client } = copied;
  const saved = manifest.services[service];
  if (!saved) throw new UserError(`The backup holds nothing of ${service}.`);
  const applied = await migrationsOf(copied);
  if (applied.join() !== saved.migrations.join()) {
    throw new UserError(`The backup of ${service} is of another version: its migrations are not those applied here.`);
  }
  const tables = await tablesOf(copied);
  const epoch = await epochOf(copied);
  await client.query(`truncate ${tables.map(({ name }) => `"${service}"."${name}"`).join(', ')}`);
  let total = 0;
  for (const table of tables) {
    const file = dataFile(folder, service, table.name);
    const wanted = saved.tables.find(({ name }) => name === table.name);
    if (!wanted || !existsSync(file)) throw new UserError(`The backup lacks the table ${table.name} of ${service}.`);
    // What triggers count is in the backup too.
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
  await continueNumbering(copied);
  await advance(copied);
  await distrustCopies(copied, epoch);
  return total;
}

async function epochOf({ service, client }: Copied): Promise<number> {
  const { rows } = await client.query<{ epoch: string }>(`select epoch from "${service}".cache_epoch`);
  return Number(rows[0]?.epoch ?? 0);
}

/** Far more than anything has changed since a backup. */
const STEP = 1_000_000;

/** The columns that number what a service says of its rows, by service and table. */
const numbered: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  auth: { accounts: ['sequence'] },
  users: { users: ['version', 'sequence'] },
  posts: { posts: ['version', 'sequence', 'comment_sequence'], comments: ['version'], categories: ['version'] },
};

/**
 * Others have consumed what happened after the backup: a change with a number that they know already would be ignored. So
 * versions and sequences go on far beyond. Consumers report the gap, and it is one: what came after the backup is lost.
 */
async function advance({ service, client }: Copied): Promise<void> {
  for (const [table, columns] of Object.entries(numbered[service] ?? {})) {
    const changes = columns.map((column) => `${column} = ${column} + ${STEP}`).join(', ');
    await client.query(`alter table "${service}"."${table}" disable trigger user`);
    await client.query(`update "${service}"."${table}" set ${changes}`);
    await client.query(`alter table "${service}"."${table}" enable trigger user`);
  }
}

/** Copies that are shared are newer than the backup: none of them may be believed any more. */
async function distrustCopies({ service, client }: Copied, before: number): Promise<void> {
  await client.query(
    `update "${service}".cache_epoch set epoch = greatest(epoch, $1) + 1, off_since = clock_timestamp()`,
    [before],
  );
}

/** Numbers that the database gives out go on after the last one. */
async function continueNumbering({ service, client }: Copied): Promise<void> {
  const { rows } = await client.query<{ table: string; column: string }>(
    `select table_name as table, column_name as column from information_schema.columns
     where table_schema = $1 and is_identity = 'YES'`,
    [service],
  );
  for (const { table, column } of rows) {
    const { rows: found } = await client.query<{ next: string }>(
      `select coalesce(max("${column}"), 0) + 1 as next from "${service}"."${table}"`,
    );
    // Not setval, which no rollback takes back.
    const next = Number(found[0]?.next ?? 1);
    await client.query(`alter table "${service}"."${table}" alter column "${column}" restart with ${next}`);
  }
}
