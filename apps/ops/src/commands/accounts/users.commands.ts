import { randomBytes } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import { Argument, Option } from 'commander';
import { type Account, AccountsService } from '#auth';
import { type Role, roles } from '#runtime';
import type { Commands } from '../../commands.js';
import { confirm, print, show, showOne } from '../../output.js';
import { wholeNumber } from '../../parameters.js';

const role = () => new Option('--role <role>').choices(roles).default('author' satisfies Role);

const accountsOf = (services: INestApplicationContext) => services.get(AccountsService, { strict: false });

export const usersCommands: Commands = (program, withServices) => {
  const group = program.command('users').description('accounts');

  group
    .command('list')
    .argument('[search]', 'a part of the e-mail address')
    .description('lists accounts, newest first')
    .option('--limit <number>', 'how many at most', wholeNumber(1, 10_000), 100)
    .option('--json', 'as JSON')
    .action((search: string | undefined, { limit, json = false }: { limit: number; json?: boolean }) =>
      withServices(async (services) => {
        show([...(await accountsOf(services).list(search, limit))].map(toRow), json);
      }),
    );

  group
    .command('create')
    .argument('<email>')
    .description('opens an account; without --password one is generated and shown once')
    .requiredOption('--name <name>', 'display name')
    .option('--handle <handle>', 'requested handle')
    .option('--password <password>', 'visible to all users who can list the processes of this machine')
    .addOption(role())
    .option('--json', 'as JSON')
    .action((email: string, options: NewAccount) =>
      withServices(async (services) => {
        const password = options.password ?? randomBytes(12).toString('base64url');
        const { name: displayName, handle } = options;
        const registration = { email, password, displayName, ...(handle ? { handle } : {}) };
        const account = await accountsOf(services).validateAndOpen(registration, options.role);
        showOne({ ...toRow(account), ...(options.password ? {} : { password }) }, options.json ?? false);
      }),
    );

  group
    .command('role')
    .argument('<account>', 'id or e-mail address')
    .addArgument(new Argument('<role>').choices(roles))
    .description('changes the role of an account')
    .option('--json', 'as JSON')
    .action((idOrEmail: string, wanted: Role, { json = false }: { json?: boolean }) =>
      withServices(async (services) => {
        showOne(toRow(await accountsOf(services).setRole(idOrEmail, wanted)), json);
        if (!json) print('Every service applies it within two seconds while the platform runs.');
      }),
    );

  for (const [verb, done, description] of [
    [
      'suspend',
      'is suspended: its sessions have ended, and it cannot log in',
      'ends its sessions, and rejects its log-ins',
    ],
    ['resume', 'can log in again', 'ends a suspension'],
  ] as const) {
    group
      .command(verb)
      .argument('<account>', 'id or e-mail address')
      .description(description)
      .option('--json', 'as JSON')
      .action((idOrEmail: string, { json = false }: { json?: boolean }) =>
        withServices(async (services) => {
          const account = await accountsOf(services)[verb](idOrEmail);
          showOne(toRow(account), json);
          if (!json) print(`${account.email} ${done}.`);
        }),
      );
  }

  group
    .command('delete')
    .argument('<account>', 'id or e-mail address')
    .description('deletes an account and its sessions; its profile and posts remain')
    .option('--yes', 'do not ask for confirmation')
    .action((idOrEmail: string, { yes = false }: { yes?: boolean }) =>
      withServices(async (services) => {
        const accounts = accountsOf(services);
        const { email, id } = await accounts.find(idOrEmail);
        await confirm(`Delete the account ${email} (${id})? It can no longer be used to log in.`, yes);
        await accounts.remove(id);
        print(`${email} is deleted. Its tokens are rejected within two seconds; its profile and posts remain.`);
      }),
    );
};

interface NewAccount {
  readonly name: string;
  readonly handle?: string;
  readonly password?: string;
  readonly role: Role;
  readonly json?: boolean;
}

function toRow({ id, email, role, suspended, createdAt }: Account) {
  return { id, email, role, suspended, created: createdAt };
}
