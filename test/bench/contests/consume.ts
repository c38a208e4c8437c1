import type { Broker } from '#events';
import { v7 as uuidv7 } from 'uuid';
import { toMessage } from '../../../libs/events/src/kafka/message.js';
import type { Arena } from '../arena.js';
import { settingsFor } from '../arena.js';
import type { Contest, Side } from '../contest.js';
import { prepareKafka } from '../kafka.js';
import { startSide } from '../side-process.js';

export const CONSUMED = 20_000;
const BATCH_SIZE = 500;

/** Consumes likes from a topic into notifications: with an inbox on our side, without one on the other. */
export async function consume(arena: Arena, kafka: string): Promise<Contest> {
  return {
    limit: await consumingSide('bare-consume', arena, kafka),
    ours: await consumingSide('twofold-consume', arena, kafka),
  };
}

async function consumingSide(entry: string, arena: Arena, kafka: string): Promise<Side> {
  const namespace = `${entry}.`;
  const database = await arena.database(['notifications']);
  const broker = await prepareKafka(kafka, namespace);
  const settings = { ...settingsFor(database), KAFKA_BROKERS: kafka, KAFKA_NAMESPACE: namespace };
  const side = await startSide(entry, settings);
  return {
    ...side,
    reset: async () => {
      await database.query('truncate notifications.notifications, notifications.inbox');
      await produce(broker);
    },
  };
}

async function produce(broker: Broker): Promise<void> {
  const producer = broker.kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  for (let from = 0; from < CONSUMED; from += BATCH_SIZE) {
    const messages = Array.from({ length: BATCH_SIZE }, () => {
      const postId = uuidv7();
      const payload = JSON.stringify({ postId, authorId: postId, actorId: postId });
      const [time, traceparent] = [new Date().toISOString(), null];
      const type = 'posts.post.liked.v1';
      const record = { id: uuidv7(), type, topic: 'posts.post', key: postId, sequence: 1, time, causationId: null };
      return toMessage({ ...record, traceparent, payload });
    });
    await producer.send({ topic: broker.toTopic('posts.post'), messages });
  }
  await producer.disconnect();
}
