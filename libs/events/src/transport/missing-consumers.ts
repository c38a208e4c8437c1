import { topics } from '#contracts';

/**
 * Why these services cannot run in one process without a broker: they publish events that services elsewhere consume,
 * which would be settled without their effects, and lost; or they consume events that services elsewhere publish.
 * Undefined if they can.
 */
export function findMissingConsumers(services: readonly string[]): string | undefined {
  const runsHere = (service: string) => services.includes(service);
  const subscribersOfOwn = topics.filter(({ owner }) => runsHere(owner)).flatMap(({ subscribers }) => subscribers);
  const publishersForOwn = topics.filter(({ subscribers }) => subscribers.some(runsHere)).map(({ owner }) => owner);
  const missing = new Set([...subscribersOfOwn, ...publishersForOwn].filter((service) => !runsHere(service)));
  if (missing.size === 0) return undefined;
  return `${services.join(', ')} and ${[...missing].join(', ')} exchange events, which needs Kafka between processes`;
}
