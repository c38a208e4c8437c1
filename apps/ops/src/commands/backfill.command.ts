import { UserError } from '#database';
import { brokerOf, EventRuntime, deleteConsumerGroups } from '#events';
import { RUNTIME_SETTINGS, type RuntimeSettings } from '#runtime';
import type { Commands } from '../commands.js';
import { print } from '../output.js';

/** For a consumer that is new or has lost its table. The inbox deduplicates the events for the other consumers. */
export const backfill: Commands = (program, withServices) => {
  program
    .command('backfill')
    .argument('<service>', 'whose consumers receive all events again; it must be stopped')
    .description('makes a service consume its topics again from the oldest event, as a new consumer requires')
    .action((service: string) =>
      withServices(async (services) => {
        const known = services.get(EventRuntime).all.map((each) => each.service);
        if (!known.includes(service)) throw new UserError(`There is no service ${service}, only ${known.join(', ')}.`);
        const broker = await brokerOf(services.get<RuntimeSettings>(RUNTIME_SETTINGS), 'twofold-ops');
        if (!broker) throw new UserError('KAFKA_BROKERS is not set: without Kafka no events are retained.');
        await deleteConsumerGroups(broker, [service]).catch((error: Error) => {
          throw new UserError(`Cannot reset the offsets of ${service}: ${error.message}. Stop all its replicas first.`);
        });
        print(`At its next start ${service} consumes its topics from the oldest event; they keep seven days.`);
      }),
    );
};
