import type { KafkaMessage, Message } from 'kafkajs';
import { deleteConsumerGroups } from '#events';
import { members, topicNames } from '../fleet.js';
import { stateOf } from '../checking/state.js';
import type { Stage } from './stage.js';

/** Delivers all events again, in three ways. Returns what has changed: nothing should. */
export async function replayAll(stage: Stage): Promise<readonly string[]> {
  const before = await effects(stage);
  const violations: string[] = [];
  const compare = async (how: string) => {
    if (!(await stage.settle())) violations.push(`${how}: not all events were delivered`);
    violations.push(...differences(before, await effects(stage)).map((what) => `${how}: ${what}`));
  };

  await fromTheBeginning(stage);
  await compare('from the beginning');

  await shuffled(stage);
  await compare('shuffled');

  for (const member of members) {
    await stage.query(`truncate ${member}.inbox`);
    if (member === 'probe') await stage.query('truncate probe.received');
  }
  await fromTheBeginning(stage);
  await compare('with empty inboxes');
  return violations;
}

/** The rows of the product's own tables, without sequences of profiles. */
async function effects(stage: Stage): Promise<Record<string, readonly unknown[]>> {
  const { accounts, users, posts, comments, likes, follows, recipients, projections, postProjections, notifications } =
    await stage.withClient(stateOf);
  const lists = { accounts, posts, comments, likes, follows, recipients, projections, postProjections, notifications };
  // A handler publishes its follow-ups whenever it runs for the first time, so a profile that is projected again
  // publishes its event with the next sequence.
  const profiles = users.map(({ sequence: _sequence, ...user }) => user);
  return Object.fromEntries(
    Object.entries({ ...lists, profiles }).map(([name, rows]) => [name, rows.map((row) => JSON.stringify(row)).sort()]),
  );
}

function differences(before: Record<string, readonly unknown[]>, after: Record<string, readonly unknown[]>): string[] {
  return Object.keys(before).flatMap((name) => {
    const [old, now] = [new Set(before[name]), new Set(after[name])];
    const gone = [...old].filter((row) => !now.has(row)).length;
    const added = [...now].filter((row) => !old.has(row)).length;
    const doubled = (after[name]?.length ?? 0) - now.size - ((before[name]?.length ?? 0) - old.size);
    return gone + added + doubled > 0 ? [`${name}: ${gone} gone, ${added} new, ${doubled} doubled`] : [];
  });
}

/**
 * Deletes the consumer groups: a new group starts at the oldest message. A group can only be deleted while it has no
 * members.
 */
async function fromTheBeginning(stage: Stage): Promise<void> {
  await stage.fleet.whileHalted(() => deleteConsumerGroups(stage.broker, members));
}

/** Produces every message of every topic again, in a different but fixed order. */
async function shuffled(stage: Stage): Promise<void> {
  for (const name of topicNames) {
    const messages = await read(stage, stage.broker.toTopic(name));
    const producer = stage.broker.kafka.producer({ allowAutoTopicCreation: false });
    await producer.connect();
    const order = messages.map((message, index) => ({ message, rank: (index * 7_919) % (messages.length || 1) }));
    const again = order.sort((a, b) => a.rank - b.rank).map(({ message }) => toProduce(message));
    for (let from = 0; from < again.length; from += 200) {
      await producer.send({ topic: stage.broker.toTopic(name), messages: again.slice(from, from + 200) });
    }
    await producer.disconnect();
  }
}

function toProduce({ key, value, headers }: KafkaMessage): Message {
  return { key, value, ...(headers ? { headers } : {}) };
}

/** Reads all messages of a topic, up to its current end. */
async function read(stage: Stage, topic: string): Promise<KafkaMessage[]> {
  const ends = await stage.broker.administrate((admin) => admin.fetchTopicOffsets(topic));
  const missing = new Map(ends.filter(({ low, high }) => low !== high).map(({ partition, high }) => [partition, high]));
  const messages: KafkaMessage[] = [];
  if (missing.size === 0) return messages;
  const consumer = stage.broker.kafka.consumer({ groupId: `reader-${topic}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await new Promise<void>((done, failed) => {
    consumer
      .run({
        autoCommit: false,
        eachMessage: ({ partition, message }) => {
          messages.push(message);
          if (BigInt(message.offset) + 1n >= BigInt(missing.get(partition) ?? 0)) missing.delete(partition);
          if (missing.size === 0) done();
          return Promise.resolve();
        },
      })
      .catch(failed);
  });
  await consumer.disconnect();
  return messages;
}
