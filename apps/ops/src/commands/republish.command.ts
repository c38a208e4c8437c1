import { PostsRepublisher } from '#posts';
import { UsersRepublisher } from '#users';
import { Argument } from 'commander';
import type { Commands } from '../commands.js';
import { print } from '../output.js';
import { dryRun } from '../parameters.js';

const BATCH = 500;
const FIRST = '00000000-0000-0000-0000-000000000000';

/** Only for aggregates whose whole state is in one event that triggers no notifications. */
const republishers = { users: UsersRepublisher, posts: PostsRepublisher };

export const republish: Commands = (program, withServices) => {
  program
    .command('republish')
    .addArgument(new Argument('<aggregate>').choices(Object.keys(republishers)))
    .addOption(dryRun())
    .description('publishes the current state of all, to build or rebuild the projections of other services')
    .action((aggregate: keyof typeof republishers, options: { dryRun?: boolean }) =>
      withServices(async (services) => {
        const republisher = services.get<UsersRepublisher | PostsRepublisher>(republishers[aggregate], {
          strict: false,
        });
        if (options.dryRun) return print(`${await republisher.count()} events would be published.`);
        let [total, after]: [number, string | undefined] = [0, FIRST];
        while (after !== undefined) {
          const { count, last }: Awaited<ReturnType<UsersRepublisher['next']>> = await republisher.next(after, BATCH);
          total += count;
          after = last;
        }
        print(`${total} events wait in the outbox; a running platform delivers them.`);
      }),
    );
};
