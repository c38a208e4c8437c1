import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process, { stdout } from 'node:process';
import { auth } from '#auth';
import { packageRoot } from '#database';
import { notifications } from '#notifications';
import { posts } from '#posts';
import { exitWithError, withServices } from '#runtime';
import { users } from '#users';
import { Command } from 'commander';
import { backfill } from './commands/backfill.command.js';
import { backup } from './commands/backup.command.js';
import { completion } from './commands/completion.command.js';
import { deadLetters } from './commands/dead-letters.commands.js';
import { describePlatform } from './commands/describe.command.js';
import { importCommand } from './commands/import.command.js';
import { lag } from './commands/lag.command.js';
import { outbox } from './commands/outbox.commands.js';
import { migrate, topics } from './commands/prepare.commands.js';
import { republish } from './commands/republish.command.js';
import { restore } from './commands/restore.command.js';
import { trace } from './commands/trace.command.js';
import { keysCommands } from './commands/accounts/keys.commands.js';
import { usersCommands } from './commands/accounts/users.commands.js';

// What reads the output, such as `head`, may stop before its end; the command still ends its work.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const services = [auth, users, posts, notifications];
const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string };
const program = new Command('ops')
  .description('Manages a platform: the embedded one in DATA_DIR, or the databases named by the settings.')
  .version(version)
  // Before the commands are added, which copy it: 2 says that the command line is wrong, 1 that the work failed.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));

for (const add of [
  migrate,
  deadLetters,
  outbox,
  lag,
  usersCommands,
  keysCommands,
  republish,
  importCommand,
  backfill,
  backup,
  restore,
]) {
  add(program, (work, options) => withServices(services, work, options));
}

topics(program);
trace(program);
describePlatform(program, services);
completion(program);

await program.showHelpAfterError().parseAsync().catch(exitWithError);
