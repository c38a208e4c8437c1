import { topicsConsumedBy } from '#contracts';
import { type Broker, brokerOf, EventRuntime, lagOf } from '#events';
import { RUNTIME_SETTINGS, type RuntimeSettings } from '#runtime';
import type { Commands } from '../commands.js';
import { show } from '../output.js';

export const lag: Commands = (program, withServices) => {
  program
    .command('lag')
    .description('how many events each service has not consumed yet, per topic')
    .option('--json', 'as JSON')
    .action(({ json = false }: { json?: boolean }) =>
      withServices(async (services) => {
        const broker = await brokerOf(services.get<RuntimeSettings>(RUNTIME_SETTINGS), 'twofold-ops');
        const { all } = services.get(EventRuntime);
        const rows = broker
          ? (await Promise.all(all.map(({ service }) => onKafka(broker, service)))).flat()
          : await Promise.all(
              all.map(async ({ service, operations }) => {
                const { waiting, parked } = await operations.status();
                return { service, topic: 'in process', behind: waiting, parked };
              }),
            );
        show(rows, json);
      }),
    );
};

async function onKafka(broker: Broker, service: string) {
  const topics = topicsConsumedBy(service);
  if (topics.length === 0) return [];
  const partitions = await lagOf(broker, service, topics);
  return [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, group]) => ({
    service,
    topic,
    partitions: group.length,
    behind: group.reduce((sum, { behind }) => sum + behind, 0),
  }));
}
