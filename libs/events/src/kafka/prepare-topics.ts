import { topics } from '#contracts';
import { UserError } from '#database';
import type { Admin } from 'kafkajs';
import type { Broker } from './broker.js';

const SEVEN_DAYS_MS = 7 * 86_400_000;

interface Wanted {
  /** Of each topic. It is fixed for ever: keys would move to other partitions, and overtake themselves. */
  readonly partitions: number;
  readonly replicas: number;
}

/**
 * Makes the topics that are missing, and sees that the others are as they must be. Repeat it freely. Returns the names
 * of those that were made. Throws a UserError that names each fault of a topic that is there.
 */
export async function prepareTopics(broker: Broker, { partitions, replicas }: Wanted): Promise<string[]> {
  return broker.administrate(async (admin) => {
    const all = topics.map(({ name }) => broker.toTopic(name));
    const existing = await admin.listTopics();
    const missing = all.filter((name) => !existing.includes(name));
    await assertFit(
      admin,
      all.filter((name) => existing.includes(name)),
      partitions,
    );
    await admin.createTopics({
      waitForLeaders: true,
      topics: missing.map((topic) => ({
        topic,
        numPartitions: partitions,
        replicationFactor: replicas,
        configEntries: [
          { name: 'cleanup.policy', value: 'delete' },
          { name: 'retention.ms', value: String(SEVEN_DAYS_MS) },
        ],
      })),
    });
    return missing;
  });
}

async function assertFit(admin: Admin, names: readonly string[], wanted: number): Promise<void> {
  if (names.length === 0) return;
  const { topics: found } = await admin.fetchTopicMetadata({ topics: [...names] });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({ type: TOPIC, name, configNames: ['cleanup.policy'] })),
  });
  const faults = [
    ...found
      .filter(({ partitions }) => partitions.length !== wanted)
      .map(({ name, partitions }) => `${name} has ${partitions.length} partitions, not ${wanted}`),
    ...resources
      .filter(({ configEntries }) => configEntries.some(({ configValue }) => configValue.includes('compact')))
      .map(({ resourceName }) => `${resourceName} is compacted, and would lose events`),
  ];
  if (faults.length === 0) return;
  throw new UserError(
    [
      'Some topics are not as they must be:',
      ...faults.map((fault) => `  ${fault}`),
      'Set KAFKA_PARTITIONS to what they have; or let everything be consumed, delete them, and run this again.',
    ].join('\n'),
  );
}

/** Kafka's number for this kind of resource. */
const TOPIC = 2;
