import type { Admin } from 'kafkajs';
import type { Broker } from './broker.js';

/** The groups under which a service has consumed: one for each set of consumers that it has had. */
export async function groupsOf(broker: Broker, admin: Admin, service: string): Promise<string[]> {
  const { groups } = await admin.listGroups();
  return groups.map(({ groupId }) => groupId).filter((groupId) => broker.isGroupOf(groupId, service));
}

/**
 * Lets a group that has no offsets yet begin where the one of its predecessors is that is furthest behind. A release that
 * adds a consumer makes a new group, which runs beside the one of the old release until the last old process has gone: so
 * the new consumer misses nothing, and what the others have had before is a duplicate in their inboxes.
 */
export async function adoptOffsets(
  broker: Broker,
  service: string,
  groupId: string,
  topics: readonly string[],
): Promise<void> {
  await broker.administrate(async (admin) => {
    const offsetsOf = (group: string) => admin.fetchOffsets({ groupId: group, topics: [...topics] });
    const own = await offsetsOf(groupId);
    if (own.some(({ partitions }) => partitions.some(({ offset }) => offset !== NONE))) return;
    const predecessors = (await groupsOf(broker, admin, service)).filter((group) => group !== groupId);
    const offsets = (await Promise.all(predecessors.map(offsetsOf))).flat();
    for (const topic of predecessors.length > 0 ? topics : []) {
      const partitions = furthestBehind(offsets.filter((each) => each.topic === topic));
      // Refused while the group has members: then another process has done this before.
      if (partitions.length > 0) await admin.setOffsets({ groupId, topic, partitions }).catch(() => undefined);
    }
  });
}

/**
 * Lets services that do not run consume everything again that their topics still hold: what their inboxes know has no
 * effect. Throws while one of them runs, or Kafka is away.
 */
export async function forgetGroups(broker: Broker, services: readonly string[]): Promise<void> {
  await broker.administrate(async (admin) => {
    const groups = (await Promise.all(services.map((service) => groupsOf(broker, admin, service)))).flat();
    if (groups.length > 0) await admin.deleteGroups(groups);
  });
}

/** What Kafka says of a partition in which a group has committed nothing: it begins at the oldest message. */
const NONE = '-1';

type Offsets = Awaited<ReturnType<Admin['fetchOffsets']>>;

function furthestBehind(offsets: Offsets): { partition: number; offset: string }[] {
  const byPartition = Map.groupBy(
    offsets.flatMap(({ partitions }) => partitions),
    ({ partition }) => partition,
  );
  return [...byPartition].flatMap(([partition, all]) => {
    if (all.some(({ offset }) => offset === NONE)) return [];
    const [least = 0n] = all.map(({ offset }) => BigInt(offset)).toSorted((a, b) => (a < b ? -1 : 1));
    return [{ partition, offset: String(least) }];
  });
}
