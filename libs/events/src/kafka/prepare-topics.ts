import { setTimeout as delay } from 'node:timers/promises';
import { topics } from '#contracts';
import { UserError } from '#database';
import type { Admin } from 'kafkajs';
import type { Broker } from './broker.js';

const DAY_MS = 86_400_000;
const LONGEST_WAIT_MS = 15_000;
const LOOK_AGAIN_MS = 100;

interface Wanted {
  /** Of each topic. It is fixed for ever: keys would move to other partitions, and overtake themselves. */
  readonly partitions: number;
  /** Brokers that keep each partition. */
  readonly replicas: number;
}

/**
 * Makes the topics that are missing, and sees that the others are as they must be. Repeat it freely. Returns the names
 * of those that were made. Throws a UserError that names each fault of a topic that is there.
 */
export async function prepareTopics(broker: Broker, wanted: Wanted): Promise<string[]> {
  return broker.administrate(async (admin) => {
    const all = topics.map(({ name }) => broker.toTopic(name));
    const existing = await admin.listTopics();
    const missing = all.filter((name) => !existing.includes(name));
    const known = all.filter((name) => existing.includes(name));
    await assertFit(admin, known, wanted);
    if (missing.length > 0) await create(admin, missing, wanted);
    return missing;
  });
}

/**
 * Segments are closed after a day: the one that is open is never deleted, and would keep old events for ever. With three
 * replicas or more a write is acknowledged by two at least, so that none is lost with one disk and one can be away.
 */
function configOf({ replicas }: Wanted): Readonly<Record<string, string>> {
  return {
    'cleanup.policy': 'delete',
    // The broker unpacks what other producers compress: the client library cannot read every codec.
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
      // The library gives up at the first broker that does not know of them yet.
      waitForLeaders: false,
      topics: names.map((topic) => ({ topic, numPartitions, replicationFactor, configEntries })),
    })
    .catch((error: Error) => {
      if (!/replication.factor/i.test(reasonsOf(error))) throw error;
      throw new UserError(
        `Kafka has fewer than ${replicationFactor} brokers, and each keeps one replica of a partition. Add brokers, or set KAFKA_REPLICATION_FACTOR.`,
      );
    });
  await haveLeaders(admin, names);
}

/** Resolves when every broker that is asked knows who leads each partition. */
async function haveLeaders(admin: Admin, names: readonly string[]): Promise<void> {
  const until = performance.now() + LONGEST_WAIT_MS;
  for (;;) {
    const found = await admin.fetchTopicMetadata({ topics: [...names] }).catch((error: Error) => error);
    const isKnown =
      !(found instanceof Error) &&
      found.topics.every(({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0));
    if (isKnown) return;
    if (performance.now() > until) throw found instanceof Error ? found : new Error('Some partitions have no leader.');
    await delay(LOOK_AGAIN_MS);
  }
}

/** kafkajs puts the reasons of single topics into an aggregate. */
function reasonsOf(error: Error & { errors?: readonly Error[] }): string {
  return [error, ...(error.errors ?? [])].map(({ message }) => message).join(' ');
}

async function assertFit(admin: Admin, names: readonly string[], wanted: Wanted): Promise<void> {
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
      'Some topics are not as they must be:',
      ...faults.map((fault) => `  ${fault}`),
      'Set KAFKA_PARTITIONS and KAFKA_REPLICATION_FACTOR to what they have, or change the topics with kafka-configs or',
      'kafka-reassign-partitions. Topics may be deleted once everything has been consumed, and made again by this command.',
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
    ...(valueOf('cleanup.policy').includes('compact') ? [`${name} is compacted, and would lose events`] : []),
    ...(valueOf('compression.type') === 'uncompressed'
      ? []
      : [`${name} has a compression.type other than uncompressed`]),
    ...(valueOf('retention.ms') === String(7 * DAY_MS)
      ? []
      : [
          `${name} has retention.ms ${valueOf('retention.ms')}, not ${7 * DAY_MS}: seven days, less than an inbox keeps`,
        ]),
    ...(Number(valueOf('segment.ms')) <= DAY_MS
      ? []
      : [`${name} has segment.ms above a day, and keeps messages longer`]),
    ...(Number(valueOf('min.insync.replicas')) >= least ? [] : [`${name} has min.insync.replicas below ${least}`]),
  ];
}

/** Kafka's number for this kind of resource. */
const TOPIC = 2;
