import type { Broker } from './broker.js';

export interface Lag {
  readonly topic: string;
  readonly partition: number;
  /** Messages that the group has not committed yet. */
  readonly behind: number;
}

/** How far a service's group is behind on these topics, by partition. Throws while Kafka is away. */
export async function lagOf(broker: Broker, service: string, topics: readonly string[]): Promise<Lag[]> {
  return broker.administrate(async (admin) => {
    const asked = topics.map((name) => broker.toTopic(name));
    const committed = await admin.fetchOffsets({ groupId: broker.groupOf(service), topics: asked });
    const lags = await Promise.all(
      committed.map(async ({ topic, partitions }) => {
        const ends = await admin.fetchTopicOffsets(topic);
        return ends.map(({ partition, high, low }) => {
          const offset = Number(partitions.find((each) => each.partition === partition)?.offset ?? -1);
          // A group that has committed nothing begins at the oldest message that is kept.
          const behind = Math.max(0, Number(high) - Math.max(offset, Number(low)));
          return { topic: broker.fromTopic(topic), partition, behind };
        });
      }),
    );
    return lags.flat();
  });
}
