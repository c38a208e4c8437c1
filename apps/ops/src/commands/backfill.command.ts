import { topics, topicsConsumedBy } from '#contracts';
import { UserError } from '#database';
import { brokerOf, deleteConsumerGroups } from '#events';
import { RUNTIME_SETTINGS, type RuntimeSettings } from '#runtime';
import { Argument } from 'commander';
import type { Commands } from '../commands.js';
import { print } from '../output.js';
import { dryRun } from '../parameters.js';

const consumers = [...new Set(topics.flatMap(({ subscribers }) => subscribers))];

/** For a consumer that is new or has lost its table. The inbox deduplicates the events for the other consumers. */
export const backfill: Commands = (program, withServices) => {
  program
    .command('backfill')
    .addArgument(
      new Argument('<service>', 'whose consumers receive all events again; it must be stopped').choices(consumers),
    )
    .addOption(dryRun())
    .description('makes a service consume its topics again from the oldest event, as a new consumer requires')
    .action((service: string, options: { dryRun?: boolean }) =>
      withServices(async (services) => {
        const broker = await brokerOf(services.get<RuntimeSettings>(RUNTIME_SETTINGS), 'twofold-ops');
        if (!broker) throw new UserError('KAFKA_BROKERS is not set: without Kafka no events are retained.');
        if (options.dryRun)
          return print(`${service} would consume ${topicsConsumedBy(service).join(', ')} from the oldest event.`);
        await deleteConsumerGroups(broker, [service]).catch((error: Error) => {
          throw new UserError(`Cannot reset the offsets of ${service}: ${error.message}. Stop all its replicas first.`);
        });
        print(`At its next start ${service} consumes its topics from the oldest event; they keep seven days.`);
      }),
    );
};
