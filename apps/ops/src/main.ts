import { AccountsService, auth } from '#auth';
import { notifications } from '#notifications';
import { posts, PostsRepublisher } from '#posts';
import { endWith, visitServices } from '#runtime';
import { users, UsersRepublisher } from '#users';
import { Command } from 'commander';
import { backup } from './backup.command.js';
import { deadLetters } from './dead-letters.commands.js';
import { outbox } from './outbox.commands.js';
import { republishCommand } from './republish.command.js';
import { restore } from './restore.command.js';
import { usersCommands } from './users.commands.js';

const program = new Command('ops').description(
  'Looks after a platform: the one that runs from here, or the databases that the settings name.',
);

for (const add of [
  deadLetters,
  outbox,
  usersCommands((services) => services.get(AccountsService, { strict: false })),
  republishCommand({
    users: (services) => services.get(UsersRepublisher, { strict: false }),
    posts: (services) => services.get(PostsRepublisher, { strict: false }),
  }),
  backup,
  restore,
]) {
  add(program, (work) => visitServices([auth, users, posts, notifications], work));
}

await program.showHelpAfterError().parseAsync().catch(endWith);
