import { randomBytes } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import { Argument, Option } from 'commander';
import { type Role, roles } from '#runtime';
import type { Commands } from '../commands.js';
import { confirm, say, show, showOne } from '../output.js';

/** What the commands need of the auth service. */
export interface Accounts {
  openUnchecked(registration: unknown, role: Role): Promise<Account>;
  list(search: string | undefined, limit: number): Promise<readonly Account[]>;
  find(idOrEmail: string): Promise<Account>;
  setRole(idOrEmail: string, role: Role): Promise<Account>;
  suspend(idOrEmail: string): Promise<Account>;
  resume(idOrEmail: string): Promise<Account>;
  remove(idOrEmail: string): Promise<Account>;
}

interface Account {
  readonly id: string;
  readonly email: string;
  readonly role: Role;
  readonly suspended: boolean;
  readonly createdAt: Date;
}

const role = () => new Option('--role <role>').choices(roles).default('author' satisfies Role);

export function usersCommands(accountsOf: (services: INestApplicationContext) => Accounts): Commands {
  return (program, visit) => {
    const group = program.command('users').description('accounts');

    group
      .command('list')
      .argument('[search]', 'a part of the e-mail address')
      .description('the latest first')
      .option('--limit <number>', 'how many at most', '100')
      .option('--json', 'as JSON')
      .action((search: string | undefined, { limit, json = false }: { limit: string; json?: boolean }) =>
        visit(async (services) => {
          show([...(await accountsOf(services).list(search, wholeNumber(limit)))].map(toRow), json);
        }),
      );

    group
      .command('create')
      .argument('<email>')
      .description('opens an account; without --password it gets one, which is shown once')
      .requiredOption('--name <name>', 'display name')
      .option('--handle <handle>', 'wished handle')
      .option('--password <password>', 'seen by whoever may list the processes of this machine')
      .addOption(role())
      .option('--json', 'as JSON')
      .action((email: string, options: NewAccount) =>
        visit(async (services) => {
          const password = options.password ?? randomBytes(12).toString('base64url');
          const { name: displayName, handle } = options;
          const registration = { email, password, displayName, ...(handle ? { handle } : {}) };
          const account = await accountsOf(services).openUnchecked(registration, options.role);
          showOne({ ...toRow(account), ...(options.password ? {} : { password }) }, options.json ?? false);
        }),
      );

    group
      .command('role')
      .argument('<account>', 'id or e-mail address')
      .addArgument(new Argument('<role>').choices(roles))
      .description('changes what somebody may do')
      .option('--json', 'as JSON')
      .action((idOrEmail: string, wanted: Role, { json = false }: { json?: boolean }) =>
        visit(async (services) => {
          showOne(toRow(await accountsOf(services).setRole(idOrEmail, wanted)), json);
          if (!json) say('Every service applies it within two seconds of the running platform.');
        }),
      );

    for (const [verb, done, description] of [
      [
        'suspend',
        'is suspended: its sessions have ended, and it can begin none',
        'ends its sessions, and lets it log in no more',
      ],
      ['resume', 'can log in again', 'ends a suspension'],
    ] as const) {
      group
        .command(verb)
        .argument('<account>', 'id or e-mail address')
        .description(description)
        .option('--json', 'as JSON')
        .action((idOrEmail: string, { json = false }: { json?: boolean }) =>
          visit(async (services) => {
            const account = await accountsOf(services)[verb](idOrEmail);
            showOne(toRow(account), json);
            if (!json) say(`${account.email} ${done}.`);
          }),
        );
    }

    group
      .command('delete')
      .argument('<account>', 'id or e-mail address')
      .description('ends an account and its sessions; its profile and posts stay')
      .option('--yes', 'do not ask')
      .action((idOrEmail: string, { yes = false }: { yes?: boolean }) =>
        visit(async (services) => {
          const accounts = accountsOf(services);
          const { email, id } = await accounts.find(idOrEmail);
          await confirm(`Delete the account ${email} (${id})? Nobody can log in with it again.`, yes);
          await accounts.remove(id);
          say(`${email} is deleted. Its access tokens end within two seconds; its profile and posts stay.`);
        }),
      );
  };
}

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

function wholeNumber(text: string): number {
  return Math.min(Math.max(1, Math.trunc(Number(text)) || 1), 10_000);
}
