import { Broker, lagOf, prepareTopics } from '#events';
import { eventually } from '../support/eventually.js';

/**
 * Creates the topics of one side. A new broker creates its internal topic of consumer groups on first use; this waits
 * for it.
 */
export async function prepareKafka(kafka: string, namespace: string): Promise<Broker> {
  const broker = await Broker.of({ brokers: [kafka], namespace }, 'bench');
  await prepareTopics(broker, { partitions: 6, replicas: 1 });
  await eventually('consumer groups are available', () =>
    lagOf(broker, 'bench', ['posts.post']).then(
      () => true,
      () => false,
    ),
  );
  return broker;
}
