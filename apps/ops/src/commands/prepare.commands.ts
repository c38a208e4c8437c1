import { Logger } from '@nestjs/common';
import { UserError } from '#database';
import { brokerOf, prepareTopics } from '#events';
import { loadSettings } from '#runtime';
import type { Command } from 'commander';
import type { Commands } from '../commands.js';
import { print } from '../output.js';

/** Opening the databases applies the migrations. Several at once wait for each other. */
export const migrate: Commands = (program, withServices) => {
  program
    .command('migrate')
    .description('applies the migrations of all services: for processes that start with MIGRATE=never')
    .action(() =>
      withServices(() => {
        print('All migrations are applied.');
        return Promise.resolve();
      }),
    );
};

export function topics(program: Command): void {
  program
    .command('topics')
    .description('creates the missing topics on Kafka, and checks the configuration of the existing ones')
    .action(async () => {
      const settings = loadSettings({});
      Logger.overrideLogger(['warn', 'error']);
      const broker = await brokerOf(settings, 'twofold-ops');
      if (!broker) throw new UserError('KAFKA_BROKERS is not set: without Kafka there are no topics.');
      const { APP_ENV, KAFKA_PARTITIONS: partitions, KAFKA_REPLICATION_FACTOR: wanted } = settings;
      const replicas = wanted ?? (APP_ENV === 'production' ? 3 : 1);
      if (APP_ENV === 'production' && replicas === 1) {
        print('Warning: each partition has only one replica. If its broker loses the disk, events are lost.');
      }
      const created = await prepareTopics(broker, { partitions, replicas });
      print(created.length > 0 ? `Created ${created.join(', ')}.` : 'All topics exist.');
    });
}
