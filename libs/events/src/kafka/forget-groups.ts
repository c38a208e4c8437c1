import type { Broker } from './broker.js';

/**
 * Lets services that do not run hear everything again that their topics still hold: what their inboxes know has no effect.
 * Throws while one of them runs, or Kafka is away.
 */
export async function forgetGroups(broker: Broker, services: readonly string[]): Promise<void> {
  await broker.administrate(async (admin) => {
    const { groups } = await admin.listGroups();
    const known = services.map((service) => broker.groupOf(service));
    const there = groups.map(({ groupId }) => groupId).filter((groupId) => known.includes(groupId));
    if (there.length > 0) await admin.deleteGroups(there);
  });
}
