import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import pg from 'pg';
import { type Arena, type ArenaDatabase, settingsFor } from '../arena.js';
import { StoredNotifications } from '../../support/database/stored-notifications.js';
import { atPace } from '../../support/load/at-pace.js';
import type { Contest, Side } from '../contest.js';
import { prepareKafka } from '../kafka.js';
import { Load, requestBytes } from '../load.js';
import { insertAuthors, makeWriters } from '../people.js';
import { startSide } from '../side-process.js';
import { post } from '../statistics/texts.js';

export const PUBLISHED = 300;
const EVERY_MS = 20;

/**
 * From the request that publishes a post until the notification of a follower is committed, fifty times a second. The
 * limit is the minimum in between: a commit, a message from producer to consumer, and another commit.
 */
export async function publishToStored(arena: Arena, kafka: string): Promise<Contest> {
  return { limit: await bareSide(arena, kafka), ours: await platform(arena, kafka) };
}

async function bareSide(arena: Arena, kafka: string): Promise<Side> {
  const database = await arena.database(['posts', 'notifications']);
  const broker = await prepareKafka(kafka, 'bare-way.');
  const pool = new pg.Pool({ connectionString: database.url, max: 2 });
  const topic = broker.toTopic('posts.post');
  const stored = new EventEmitter();
  const producer = broker.kafka.producer({ allowAutoTopicCreation: false });
  const consumer = broker.kafka.consumer({ groupId: broker.groupOf('bare', []), maxWaitTimeInMs: 500 });
  await producer.connect();
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const joined = new Promise<void>((done, failed) => {
    consumer.on(consumer.events.GROUP_JOIN, () => done());
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) failed(payload.error);
    });
  });
  // Prevents an unhandled rejection. The error is thrown where `joined` is awaited.
  joined.catch(() => undefined);
  await consumer.run({
    eachMessage: async ({ message }) => {
      const id = String(message.key);
      await pool.query({ name: 'store', text: STORE, values: [randomUUID(), id] });
      stored.emit(id);
    },
  });
  await joined;
  const publish = async (id: string) => {
    const done = once(stored, id);
    await pool.query({ name: 'publish', text: PUBLISH, values: [id] });
    await producer.send({ topic, messages: [{ key: id, value: JSON.stringify(post) }], acks: -1 });
    await done;
  };
  return {
    ...timed(database, publish),
    cpu: () => Promise.resolve(0),
    stop: async () => {
      await Promise.all([producer.disconnect(), consumer.disconnect()]);
      await pool.end();
    },
  };
}

const PUBLISH = `update posts.posts set status = 'published', published_at = now(), version = version + 1 where id = $1`;
const STORE = `insert into notifications.notifications (id, recipient_id, event_id, type, post_id, created_at)
  values ($1, $1, $1, 'post.published', $2, now())`;

async function platform(arena: Arena, kafka: string): Promise<Side> {
  const database = await arena.database(['posts', 'notifications']);
  const namespace = 'twofold-way.';
  await prepareKafka(kafka, namespace);
  const { writers, publicKey } = await makeWriters(1);
  const [{ id: author, token }] = writers as [(typeof writers)[number]];
  await insertAuthors(database, writers);
  await database.query(
    `insert into notifications.follow_intervals (follower_id, followee_id, opened_sequence, since)
     values ($1, $2, 1, '-infinity')`,
    [randomUUID(), author],
  );
  const settings = { ...settingsFor(database), KAFKA_BROKERS: kafka, KAFKA_NAMESPACE: namespace };
  const posts = await startSide('twofold-posts', { ...settings, BENCH_PUBLIC_KEY: publicKey });
  const notifications = await startSide('twofold-notifications', {
    ...settings,
    DATA_DIR: `${database.dataFolder}-notifications`,
  });
  const stored = await StoredNotifications.listen(database.url);
  const loads = Array.from({ length: 8 }, () => new Load(posts.url, 1));
  let turn = 0;
  const publish = async (id: string) => {
    const load = loads[turn++ % loads.length];
    await load?.run(1, () => requestBytes('POST', `/v1/posts/${id}/publish`, token), 200);
    await stored.firstOf(id);
  };
  return {
    ...timed(database, publish, author),
    cpu: async () => (await posts.cpu()) + (await notifications.cpu()),
    stop: async () => {
      await Promise.all(loads.map((load) => load.close()));
      await stored.close();
      await Promise.all([posts.stop(), notifications.stop()]);
    },
  };
}

/** Publishes drafts, and measures the latency of each from the moment at which it was due. */
function timed(
  database: ArenaDatabase,
  publish: (id: string) => Promise<void>,
  author: string = randomUUID(),
): Pick<Side, 'reset' | 'run' | 'latencies'> {
  let drafts: string[] = [];
  let latencies: number[] = [];
  return {
    reset: async () => {
      drafts = Array.from({ length: PUBLISHED }, () => randomUUID());
      await database.query('truncate posts.posts, notifications.notifications cascade');
      await database.query(
        `insert into posts.posts (id, author_id, slug, title, body, body_html, status, tags, mentions)
         select id, $2, 'post-' || id, $3, $4, $4, 'draft', $5, '{}' from unnest($1::uuid[]) as id`,
        [drafts, author, post.title, post.body, post.tags],
      );
    },
    run: async (operations) => {
      latencies = [];
      const due = drafts.slice(0, operations);
      await atPace({ every: EVERY_MS, count: due.length }, async (number, since) => {
        await publish(due[number] ?? '');
        latencies.push(performance.now() - since);
      });
    },
    latencies: () => latencies,
  };
}
