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
import { endWith, visitServices } from '#runtime';
import { users, UsersRepublisher } from '#users';
import { Command } from 'commander';
import { backfill } from './backfill.command.js';
import { backup } from './backup.command.js';
import { deadLetters } from './dead-letters.commands.js';
import { describePlatform } from './describe.command.js';
import { importCommand } from './import.command.js';
import { lag } from './lag.command.js';
import { outbox } from './outbox.commands.js';
import { republishCommand } from './republish.command.js';
import { restore } from './restore.command.js';
import { topics } from './topics.command.js';
import { usersCommands } from './users.commands.js';

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
  add(program, (work) => visitServices(services, work));
}

topics(program);
describePlatform(program, services);

await program.showHelpAfterError().parseAsync().catch(endWith);
