/** Our side of consuming: the unmodified consumer, with inbox and order per key, and a batch handler. */
import { PostLikedV1 } from '#contracts';
import { DatabaseServer } from '#database';
import { Broker, type Event, type EventOf } from '#events';
import type { ServiceEvents } from '../../../libs/events/src/event-runtime.js';
import { KafkaConsumer } from '../../../libs/events/src/kafka/kafka.consumer.js';
import { deliveryOn } from '../../support/database/delivery.js';
import { answerParent, endOnSignal } from './shared/answer-parent.js';
import { ADD_NOTIFICATIONS, notificationsOf } from './shared/notification.js';

const brokers = [process.env['KAFKA_BROKERS'] ?? ''];
const broker = await Broker.of({ brokers, namespace: process.env['KAFKA_NAMESPACE'] ?? '' }, 'twofold');
const server = new DatabaseServer(() => process.env['DATABASE_URL'] ?? '', 10);
const database = server.open('notifications');
const { delivery } = deliveryOn(database);

let left = 0;
let all = Promise.withResolvers<void>();
delivery.bind([
  {
    name: 'notifications.bench',
    service: 'notifications',
    contracts: new Map([[PostLikedV1.type, PostLikedV1]]),
    awaited: false,
    form: 'batch',
    atLeastOnce: false,
    run: async (batch) => {
      const events = batch as readonly EventOf<typeof PostLikedV1>[] & readonly Event<unknown>[];
      await database.query(ADD_NOTIFICATIONS, [notificationsOf(events)]);
      left -= events.length;
      if (left <= 0) all.resolve();
    },
  },
]);

endOnSignal(() => server.close());
answerParent('', async (operations) => {
  left = operations;
  all = Promise.withResolvers<void>();
  const consumer = new KafkaConsumer(broker, { service: 'notifications', delivery } as ServiceEvents);
  consumer.start();
  await all.promise;
  await consumer.stop();
});
