import { Broker, lagOf, prepareTopics } from '#events';
import { eventually } from '../support/eventually.js';

/** Topics of one side's own. A broker that has just begun makes the topic of its groups first, which is waited for. */
export async function prepareKafka(kafka: string, namespace: string): Promise<Broker> {
  const broker = await Broker.of({ brokers: [kafka], namespace }, 'bench');
  await prepareTopics(broker, { partitions: 6, replicas: 1 });
  await eventually('groups are known', () =>
    lagOf(broker, 'bench', ['posts.post']).then(
      () => true,
      () => false,
    ),
  );
  return broker;
}
