import { UserError } from '#database';
import { brokerOf, EventRuntime, forgetGroups } from '#events';
import { RUNTIME_SETTINGS, type RuntimeSettings } from '#runtime';
import type { Commands } from '../commands.js';
import { say } from '../output.js';

/** For a consumer that is new, or whose table was lost: what the others know already has no effect. */
export const backfill: Commands = (program, visit) => {
  program
    .command('backfill')
    .argument('<service>', 'whose consumers get everything again; it must be stopped')
    .description('lets a service consume its topics from their oldest event on, as a consumer needs that was added')
    .action((service: string) =>
      visit(async (services) => {
        const known = services.get(EventRuntime).all.map((each) => each.service);
        if (!known.includes(service)) throw new UserError(`There is no service ${service}, only ${known.join(', ')}.`);
        const broker = await brokerOf(services.get<RuntimeSettings>(RUNTIME_SETTINGS), 'twofold-ops');
        if (!broker) throw new UserError('KAFKA_BROKERS is not set: in one process no topic keeps events.');
        await forgetGroups(broker, [service]).catch((error: Error) => {
          throw new UserError(`${service} could not be set back: ${error.message}. Stop all of its replicas first.`);
        });
        say(`${service} begins with the oldest event of its topics when it starts; they keep seven days.`);
      }),
    );
};
