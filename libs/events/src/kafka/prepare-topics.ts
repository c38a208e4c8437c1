import { setTimeout as delay } from 'node:timers/promises';
import { topics } from '#contracts';
import { UserError } from '#database';
import type { Admin } from 'kafkajs';
import type { Broker } from './broker.js';

const DAY_MS = 86_400_000;
const TIMEOUT_MS = 15_000;
const POLL_MS = 100;

interface Wanted {
  /** Of each topic. Must never change: keys would move to other partitions, and their events overtake each other. */
  readonly partitions: number;
  /** Replicas of each partition. */
  readonly replicas: number;
}

/**
 * Creates the missing topics, and checks the settings of the existing ones. Idempotent. Returns the names of the
 * created topics. Throws a UserError that lists each wrong setting of an existing topic.
 */
export async function prepareTopics(broker: Broker, wanted: Wanted): Promise<string[]> {
  return broker.administrate(async (admin) => {
    const all = topics.map(({ name }) => broker.toTopic(name));
    const existing = await admin.listTopics();
    const missing = all.filter((name) => !existing.includes(name));
    const known = all.filter((name) => existing.includes(name));
    await assertTopicsMatch(admin, known, wanted);
    if (missing.length > 0) await create(admin, missing, wanted);
    return missing;
  });
}

/**
 * Segments are rolled after a day: the active one is never deleted, and would keep old events for ever. With three
 * replicas or more, at least two acknowledge a write, so that losing one disk loses no write and one broker may be
 * down.
 */
function configOf({ replicas }: Wanted): Readonly<Record<string, string>> {
  return {
    'cleanup.policy': 'delete',
    // The broker decompresses what other producers compress: kafkajs cannot read every codec.
    'compression.type': 'uncompressed',
    'retention.ms': String(7 * DAY_MS),
    'segment.ms': String(DAY_MS),
    'min.insync.replicas': replicas >= 3 ? '2' : '1',
  };
}

async function create(admin: Admin, names: readonly string[], wanted: Wanted): Promise<void> {
  const configEntries = Object.entries(configOf(wanted)).map(([name, value]) => ({ name, value }));
  const { partitions: numPartitions, replicas: replicationFactor } = wanted;
  await admin
    .createTopics({
      // kafkajs fails at the first broker that does not know the new topics yet.
      waitForLeaders: false,
      topics: names.map((topic) => ({ topic, numPartitions, replicationFactor, configEntries })),
    })
    .catch((error: Error) => {
      if (!/replication.factor/i.test(reasonsOf(error))) throw error;
      throw new UserError(
        `Kafka has fewer than ${replicationFactor} brokers, and each keeps one replica of a partition. Add brokers, or set KAFKA_REPLICATION_FACTOR.`,
      );
    });
  await waitUntilLeadersKnown(admin, names);
}

/** Resolves when the metadata has a leader for each partition. Throws after TIMEOUT_MS. */
async function waitUntilLeadersKnown(admin: Admin, names: readonly string[]): Promise<void> {
  const until = performance.now() + TIMEOUT_MS;
  for (;;) {
    const found = await admin.fetchTopicMetadata({ topics: [...names] }).catch((error: Error) => error);
    const isKnown =
      !(found instanceof Error) &&
      found.topics.every(({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0));
    if (isKnown) return;
    if (performance.now() > until) throw found instanceof Error ? found : new Error('Some partitions have no leader.');
    await delay(POLL_MS);
  }
}

/** kafkajs reports the errors of single topics in an aggregate error. */
function reasonsOf(error: Error & { errors?: readonly Error[] }): string {
  return [error, ...(error.errors ?? [])].map(({ message }) => message).join(' ');
}

async function assertTopicsMatch(admin: Admin, names: readonly string[], wanted: Wanted): Promise<void> {
  if (names.length === 0) return;
  const { topics: found } = await admin.fetchTopicMetadata({ topics: [...names] });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({ type: TOPIC, name, configNames: Object.keys(configOf(wanted)) })),
  });
  const faults = [
    ...found.flatMap(({ name, partitions }) => faultsOfPartitions(name, partitions, wanted)),
    ...resources.flatMap(({ resourceName, configEntries }) => faultsOfConfig(resourceName, configEntries, wanted)),
  ];
  if (faults.length === 0) return;
  throw new UserError(
    [
      'Some topics have wrong settings:',
      ...faults.map((fault) => `  ${fault}`),
      'Set KAFKA_PARTITIONS and KAFKA_REPLICATION_FACTOR to their values, or change the topics with kafka-configs or',
      'kafka-reassign-partitions. Or delete topics once all their events are consumed, and run this command again.',
    ].join('\n'),
  );
}

type Partitions = Awaited<ReturnType<Admin['fetchTopicMetadata']>>['topics'][number]['partitions'];
type Entries = Awaited<ReturnType<Admin['describeConfigs']>>['resources'][number]['configEntries'];

function faultsOfPartitions(name: string, partitions: Partitions, wanted: Wanted): string[] {
  const fewest = Math.min(...partitions.map(({ replicas }) => replicas.length));
  return [
    ...(partitions.length === wanted.partitions
      ? []
      : [`${name} has ${partitions.length} partitions, not ${wanted.partitions}`]),
    ...(fewest >= wanted.replicas ? [] : [`${name} has ${fewest} replicas, not ${wanted.replicas}`]),
  ];
}

function faultsOfConfig(name: string, entries: Entries, wanted: Wanted): string[] {
  const valueOf = (key: string) => entries.find(({ configName }) => configName === key)?.configValue ?? '';
  const least = Number(configOf(wanted)['min.insync.replicas']);
  return [
    ...(valueOf('cleanup.policy').includes('compact') ? [`${name} is compacted, which would lose events`] : []),
    ...(valueOf('compression.type') === 'uncompressed'
      ? []
      : [`${name} has a compression.type other than uncompressed`]),
    ...(valueOf('retention.ms') === String(7 * DAY_MS)
      ? []
      : [
          `${name} has retention.ms ${valueOf('retention.ms')}, not ${7 * DAY_MS}: seven days, less than the inbox keeps its rows`,
        ]),
    ...(Number(valueOf('segment.ms')) <= DAY_MS
      ? []
      : [`${name} has segment.ms above a day, and so keeps messages longer`]),
    ...(Number(valueOf('min.insync.replicas')) >= least ? [] : [`${name} has min.insync.replicas below ${least}`]),
  ];
}

/** Kafka's resource type number for topics. */
const TOPIC = 2;
