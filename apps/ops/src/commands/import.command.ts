import { resolve } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { UserError } from '#database';
import { Progress } from '#runtime';
import type { Commands } from '../commands.js';
import { say } from '../output.js';

/** What the command needs of the posts service; a file is handed on as it was read. */
export interface Importing<File> {
  filesIn(folder: string): readonly string[];
  /** Throws UnreadableFile. */
  read(folder: string, path: string): File;
  isUnreadable(error: unknown): error is Error;
  importer(services: INestApplicationContext): Importer<File>;
  accountId(services: INestApplicationContext, idOrEmail: string): Promise<string>;
}

interface Importer<File> {
  knows(accountId: string): Promise<boolean>;
  import(
    accountId: string,
    source: string,
    file: File,
  ): Promise<{ readonly outcome: 'added' | 'changed' | 'unchanged' }>;
}

export function importCommand<File>(importing: Importing<File>): Commands {
  return (program, visit) => {
    program
      .command('import')
      .argument('<folder>', 'of Markdown files, with YAML front matter or without')
      .option('--account <account>', 'whose posts they become: id or e-mail address', 'demo@example.com')
      .description('publishes a folder of Markdown files; again, and only what has changed is changed')
      .action((folder: string, { account }: { account: string }) =>
        visit(async (services) => {
          const files = listed(importing, folder);
          const accountId = await importing.accountId(services, account);
          const importer = importing.importer(services);
          if (!(await importer.knows(accountId))) {
            throw new UserError(`The profile of ${account} is not there yet. Start the platform, then import.`);
          }
          const counts = { added: 0, changed: 0, unchanged: 0 };
          const unreadable: string[] = [];
          const moved = new Progress(true).bar('importing', files.length);
          for (const path of files) {
            try {
              const file = importing.read(folder, path);
              counts[(await importer.import(accountId, path, file)).outcome]++;
            } catch (error) {
              if (!importing.isUnreadable(error)) throw error;
              // A name may hold anything, also what a terminal would obey.
              unreadable.push(`${path.replaceAll(/\p{Cc}/gu, '?')}: ${error.message}`);
            }
            moved();
          }
          say(`${counts.added} added, ${counts.changed} changed, ${counts.unchanged} unchanged.`);
          if (unreadable.length > 0)
            throw new UserError([`${unreadable.length} could not be read:`, ...unreadable].join('\n  '));
        }),
      );
  };
}

function listed(importing: Pick<Importing<unknown>, 'filesIn'>, folder: string): readonly string[] {
  try {
    const files = importing.filesIn(folder);
    if (files.length > 0) return files;
  } catch (error) {
    throw new UserError(`${resolve(folder)} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
  throw new UserError(`There are no Markdown files in ${resolve(folder)}.`);
}
