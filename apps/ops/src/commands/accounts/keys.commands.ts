import { SigningKeys, ANNOUNCE_SECONDS } from '#auth';
import type { Commands } from '../../commands.js';
import { confirm, print, show } from '../../output.js';
import { wholeNumber } from '../../parameters.js';

/** A process of auth reads the keys again after a minute, and must know a new one before it signs. */
const LEAST_SECONDS = 90;
const MOST_SECONDS = 30 * 24 * 60 * 60;

export const keysCommands: Commands = (program, withServices) => {
  const group = program.command('keys').description('the keys that sign access tokens');

  group
    .command('list')
    .description('lists the published keys, the newest first')
    .option('--json', 'as JSON')
    .action(({ json = false }: { json?: boolean }) =>
      withServices(async (services) => {
        show([...(await services.get(SigningKeys, { strict: false }).list())], json);
      }),
    );

  group
    .command('rotate')
    .description('creates a key, which is published at once, signs later, and replaces the one before')
    .option(
      '--in <seconds>',
      'when it signs; at least 90, so that every process knows it by then',
      wholeNumber(LEAST_SECONDS, MOST_SECONDS),
      ANNOUNCE_SECONDS,
    )
    .action(({ in: announced }: { in: number }) =>
      withServices(async (services) => {
        const id = await services.get(SigningKeys, { strict: false }).rotate(announced);
        print(
          `Created key ${id}, which signs in ${announced} seconds. Tokens of the key before stay valid until they expire.`,
        );
      }),
    );

  group
    .command('revoke')
    .argument('<id>')
    .description('deletes a key that has leaked: tokens that it signed become invalid')
    .option('--yes', 'do not ask for confirmation')
    .action((id: string, { yes = false }: { yes?: boolean }) =>
      withServices(async (services) => {
        await confirm(`Delete the key ${id}? Clients with its tokens must refresh them.`, yes);
        await services.get(SigningKeys, { strict: false }).revoke(id);
        print(`Deleted key ${id}. Restart auth first, then the other services: until then they remember it.`);
      }),
    );

  group
    .command('renew')
    .description('replaces all keys at once, if the MASTER_KEY that encrypted them is lost')
    .option('--yes', 'do not ask for confirmation')
    .action(({ yes = false }: { yes?: boolean }) =>
      withServices(async (services) => {
        await confirm('Replace all keys? Clients must refresh their tokens.', yes);
        const id = await services.get(SigningKeys, { strict: false }).renew();
        print(`Created key ${id}, the only one now. Restart auth first, then the other services.`);
      }),
    );
};
