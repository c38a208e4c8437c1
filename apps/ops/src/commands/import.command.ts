import { resolve } from 'node:path';
import { AccountsService } from '#auth';
import { UserError } from '#database';
import { markdownFilesIn, PostsImporter, readMarkdown, readText, UnreadableFile } from '#posts';
import { Progress } from '#runtime';
import type { Commands } from '../commands.js';
import { print } from '../output.js';

export const importCommand: Commands = (program, withServices) => {
  program
    .command('import')
    .argument('<folder>', 'folder of Markdown files, with or without YAML front matter')
    .option('--account <account>', 'author of the posts: id or e-mail address', 'demo@example.com')
    .description('publishes a folder of Markdown files; when repeated, updates only what has changed')
    .action((folder: string, { account }: { account: string }) =>
      withServices(async (services) => {
        const files = findFiles(folder);
        const { id: accountId } = await services.get(AccountsService, { strict: false }).find(account);
        const importer = services.get(PostsImporter, { strict: false });
        if (!(await importer.knows(accountId))) {
          throw new UserError(`The posts service has no profile of ${account} yet. Start the platform, then import.`);
        }
        const counts = { added: 0, changed: 0, unchanged: 0 };
        const unreadable: string[] = [];
        const advance = new Progress(true).bar('importing', files.length);
        for (const path of files) {
          try {
            const file = readMarkdown(path, readText(folder, path));
            counts[(await importer.import(accountId, path, file)).outcome]++;
          } catch (error) {
            if (!(error instanceof UnreadableFile)) throw error;
            // A file name may contain control characters, for example terminal escape sequences.
            unreadable.push(`${path.replaceAll(/\p{Cc}/gu, '?')}: ${error.message}`);
          }
          advance();
        }
        print(`${counts.added} added, ${counts.changed} changed, ${counts.unchanged} unchanged.`);
        if (unreadable.length > 0)
          throw new UserError([`${unreadable.length} could not be read:`, ...unreadable].join('\n  '));
      }),
    );
};

function findFiles(folder: string): readonly string[] {
  try {
    const files = markdownFilesIn(folder);
    if (files.length > 0) return files;
  } catch (error) {
    throw new UserError(`${resolve(folder)} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
  throw new UserError(`There are no Markdown files in ${resolve(folder)}.`);
}
