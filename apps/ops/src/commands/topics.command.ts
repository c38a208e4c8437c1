import { Logger } from '@nestjs/common';
import { UserError } from '#database';
import { brokerOf, prepareTopics } from '#events';
import { loadSettings } from '#runtime';
import type { Command } from 'commander';
import { say } from '../output.js';

export function topics(program: Command): void {
  program
    .command('topics')
    .description('makes the topics on Kafka, and sees that those that are there are as they must be')
    .action(async () => {
      const settings = loadSettings({});
      Logger.overrideLogger(['warn', 'error']);
      const broker = await brokerOf(settings, 'twofold-ops');
      if (!broker) throw new UserError('KAFKA_BROKERS is not set: without Kafka there are no topics.');
      const { APP_ENV, KAFKA_PARTITIONS: partitions, KAFKA_REPLICATION_FACTOR: wanted } = settings;
      const replicas = wanted ?? (APP_ENV === 'production' ? 3 : 1);
      if (APP_ENV === 'production' && replicas === 1) {
        say('Warning: each partition is kept by one broker only. If it loses its disk, events are lost.');
      }
      const made = await prepareTopics(broker, { partitions, replicas });
      say(made.length > 0 ? `Made ${made.join(', ')}.` : 'All topics are there.');
    });
}
