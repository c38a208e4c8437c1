import type { Admin } from 'kafkajs';
import type { Broker } from './broker.js';

/** The consumer groups of a service: one for each set of consumers that it has had. */
export async function groupsOf(broker: Broker, admin: Admin, service: string): Promise<string[]> {
  const { groups } = await admin.listGroups();
  return groups.map(({ groupId }) => groupId).filter((groupId) => broker.isGroupOf(groupId, service));
}

/**
 * Sets the offsets of a new group to the lowest ones of the service's earlier groups. A release that adds a consumer
 * makes a new group, which runs beside the one of the old release until the last old process has ended. So the new
 * consumer misses no event, and what the others have consumed before is a duplicate in their inboxes.
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
    if (own.some(({ partitions }) => partitions.some(({ offset }) => offset !== NO_OFFSET))) return;
    const predecessors = (await groupsOf(broker, admin, service)).filter((group) => group !== groupId);
    const offsets = (await Promise.all(predecessors.map(offsetsOf))).flat();
    for (const topic of predecessors.length > 0 ? topics : []) {
      const partitions = lowestOffsets(offsets.filter((each) => each.topic === topic));
      // Kafka refuses it while the group has members: then another process has set the offsets before.
      if (partitions.length > 0) await admin.setOffsets({ groupId, topic, partitions }).catch(() => undefined);
    }
  });
}

/**
 * Deletes the consumer groups of stopped services, so that they consume again everything that their topics still hold;
 * the inboxes discard duplicates. Throws while one of the services runs, or Kafka is unavailable.
 */
export async function deleteConsumerGroups(broker: Broker, services: readonly string[]): Promise<void> {
  await broker.administrate(async (admin) => {
    const groups = (await Promise.all(services.map((service) => groupsOf(broker, admin, service)))).flat();
    if (groups.length > 0) await admin.deleteGroups(groups);
  });
}

/** The offset that Kafka returns where a group has committed nothing: it begins at the oldest message. */
const NO_OFFSET = '-1';

type Offsets = Awaited<ReturnType<Admin['fetchOffsets']>>;

function lowestOffsets(offsets: Offsets): { partition: number; offset: string }[] {
  const byPartition = Map.groupBy(
    offsets.flatMap(({ partitions }) => partitions),
    ({ partition }) => partition,
  );
  return [...byPartition].flatMap(([partition, all]) => {
    if (all.some(({ offset }) => offset === NO_OFFSET)) return [];
    const [least = 0n] = all.map(({ offset }) => BigInt(offset)).toSorted((a, b) => (a < b ? -1 : 1));
    return [{ partition, offset: String(least) }];
  });
}
