import type { Admin } from 'kafkajs';
import type { Broker } from './broker.js';
import { groupsOf } from './groups.js';

export interface Lag {
  readonly topic: string;
  readonly partition: number;
  /** Messages that the group has not committed yet. */
  readonly behind: number;
}

/** The lag of a service on these topics, by partition: of several groups with members, the largest. */
export async function lagOf(broker: Broker, service: string, topics: readonly string[]): Promise<Lag[]> {
  return broker.administrate(async (admin) => {
    const known = await groupsOf(broker, admin, service);
    const groups = known.length > 1 ? await withMembers(admin, known) : known;
    if (groups.length === 0) return lagOfGroup(broker, admin, broker.groupOf(service, []), topics);
    const lags = await Promise.all(groups.map((group) => lagOfGroup(broker, admin, group, topics)));
    const byPartition = Map.groupBy(lags.flat(), ({ topic, partition }) => `${topic}/${partition}`);
    return [...byPartition.values()].flatMap((all) => all.toSorted((a, b) => b.behind - a.behind).slice(0, 1));
  });
}

/** Those of these groups that have members; all if none has. */
async function withMembers(admin: Admin, groups: readonly string[]): Promise<readonly string[]> {
  const { groups: described } = await admin.describeGroups([...groups]);
  const inUse = described.filter(({ members }) => members.length > 0).map(({ groupId }) => groupId);
  return inUse.length > 0 ? inUse : groups;
}

/** The lag of one group on these topics, by partition. Throws while Kafka is unavailable. */
export async function lagOfGroup(
  broker: Broker,
  admin: Admin,
  groupId: string,
  topics: readonly string[],
): Promise<Lag[]> {
  const topicNames = topics.map((name) => broker.toTopic(name));
  const committed = await admin.fetchOffsets({ groupId, topics: topicNames });
  const lags = await Promise.all(
    committed.map(async ({ topic, partitions }) => {
      const ends = await admin.fetchTopicOffsets(topic);
      return ends.map(({ partition, high, low }) => {
        const offset = Number(partitions.find((each) => each.partition === partition)?.offset ?? -1);
        // A group that has committed nothing begins at the oldest retained message.
        const behind = Math.max(0, Number(high) - Math.max(offset, Number(low)));
        return { topic: broker.fromTopic(topic), partition, behind };
      });
    }),
  );
  return lags.flat();
}
