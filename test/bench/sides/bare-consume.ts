/** The limit of consuming: kafkajs, and one insert for each batch. Who dies in between has it twice. */
import { Broker } from '#events';
import pg from 'pg';
import { answerParent, endOnSignal } from './answer-parent.js';

const brokers = [process.env['KAFKA_BROKERS'] ?? ''];
const broker = await Broker.of({ brokers, namespace: process.env['KAFKA_NAMESPACE'] ?? '' }, 'bare');
const pool = new pg.Pool({
  connectionString: process.env['DATABASE_URL'] ?? '',
  options: '-c search_path=notifications,public -c timezone=UTC',
  max: 10,
});
const INSERT = `insert into taken select id, "postId", "actorId" from json_to_recordset($1)
  as event (id uuid, "postId" uuid, "actorId" uuid)`;

interface Data {
  readonly postId: string;
  readonly actorId: string;
}

endOnSignal(() => pool.end());
answerParent('', async (operations) => {
  const consumer = broker.kafka.consumer({ groupId: broker.groupOf('bare'), maxWaitTimeInMs: 500 });
  const all = Promise.withResolvers<void>();
  let left = operations;
  await consumer.connect();
  await consumer.subscribe({ topics: [broker.toTopic('posts.post')], fromBeginning: true });
  await consumer.run({
    partitionsConsumedConcurrently: 4,
    eachBatch: async ({ batch }) => {
      const rows = batch.messages.map(({ headers, value }) => {
        const { postId, actorId } = JSON.parse(String(value)) as Data;
        return { id: String(headers?.['ce_id']), postId, actorId };
      });
      await pool.query({ name: 'insert', text: INSERT, values: [JSON.stringify(rows)] });
      left -= rows.length;
      if (left <= 0) all.resolve();
    },
  });
  await all.promise;
  await consumer.disconnect();
});
