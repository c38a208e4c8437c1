/** The limit of consuming: kafkajs, and one insert per batch. A crash in between repeats the effects. */
import { Broker } from '#events';
import pg from 'pg';
import { answerParent, endOnSignal } from './shared/answer-parent.js';
import { ADD_NOTIFICATIONS, type Like, notificationsOf } from './shared/notification.js';

const brokers = [process.env['KAFKA_BROKERS'] ?? ''];
const broker = await Broker.of({ brokers, namespace: process.env['KAFKA_NAMESPACE'] ?? '' }, 'bare');
const pool = new pg.Pool({
  connectionString: process.env['DATABASE_URL'] ?? '',
  options: '-c search_path=notifications,public -c timezone=UTC',
  max: 10,
});

endOnSignal(() => pool.end());
answerParent('', async (operations) => {
  const consumer = broker.kafka.consumer({ groupId: broker.groupOf('bare', []), maxWaitTimeInMs: 500 });
  const all = Promise.withResolvers<void>();
  let left = operations;
  await consumer.connect();
  await consumer.subscribe({ topics: [broker.toTopic('posts.post')], fromBeginning: true });
  await consumer.run({
    partitionsConsumedConcurrently: 4,
    eachBatch: async ({ batch }) => {
      const likes = batch.messages.map(({ headers, value }): Like => {
        const [id, time] = [String(headers?.['ce_id']), new Date(String(headers?.['ce_time']))];
        return { id, time, data: JSON.parse(String(value)) as Like['data'] };
      });
      await pool.query({ name: 'add', text: ADD_NOTIFICATIONS, values: [notificationsOf(likes)] });
      left -= likes.length;
      if (left <= 0) all.resolve();
    },
  });
  await all.promise;
  await consumer.disconnect();
});
