import { AccountsService, auth } from '#auth';
import { notifications } from '#notifications';
import {
  markdownFilesIn,
  posts,
  PostsImporter,
  PostsRepublisher,
  readMarkdown,
  readText,
  UnreadableFile,
} from '#posts';
import { endWith, withServices } from '#runtime';
import { users, UsersRepublisher } from '#users';
import { Command } from 'commander';
import { backfill } from './commands/backfill.command.js';
import { backup } from './commands/backup.command.js';
import { deadLetters } from './commands/dead-letters.commands.js';
import { describePlatform } from './commands/describe.command.js';
import { importCommand } from './commands/import.command.js';
import { lag } from './commands/lag.command.js';
import { outbox } from './commands/outbox.commands.js';
import { republishCommand } from './commands/republish.command.js';
import { restore } from './commands/restore.command.js';
import { topics } from './commands/topics.command.js';
import { usersCommands } from './commands/users.commands.js';

const services = [auth, users, posts, notifications];
const program = new Command('ops').description(
  'Looks after a platform: the one that runs from here, or the databases that the settings name.',
);

for (const add of [
  deadLetters,
  outbox,
  lag,
  usersCommands((services) => services.get(AccountsService, { strict: false })),
  republishCommand({
    users: (services) => services.get(UsersRepublisher, { strict: false }),
    posts: (services) => services.get(PostsRepublisher, { strict: false }),
  }),
  importCommand({
    filesIn: markdownFilesIn,
    read: (folder, path) => readMarkdown(path, readText(folder, path)),
    isUnreadable: (error) => error instanceof UnreadableFile,
    importer: (services) => services.get(PostsImporter, { strict: false }),
    accountId: async (services, idOrEmail) =>
      (await services.get(AccountsService, { strict: false }).find(idOrEmail)).id,
  }),
  backfill,
  backup,
  restore,
]) {
  add(program, (work) => withServices(services, work));
}

topics(program);
describePlatform(program, services);

await program.showHelpAfterError().parseAsync().catch(endWith);
