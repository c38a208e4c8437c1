import { topics } from '#contracts';

/**
 * What is wrong with these services in one process without a broker: they publish what others must hear, and it would be
 * settled without its effects, and lost; or they would never hear what others publish. Undefined if nothing is.
 */
export function findMissingConsumers(services: readonly string[]): string | undefined {
  const here = (service: string) => services.includes(service);
  const deaf = topics.filter(({ owner }) => here(owner)).flatMap(({ subscribers }) => subscribers);
  const silent = topics.filter(({ subscribers }) => subscribers.some(here)).map(({ owner }) => owner);
  const missing = new Set([...deaf, ...silent].filter((service) => !here(service)));
  if (missing.size === 0) return undefined;
  return `${services.join(', ')} and ${[...missing].join(', ')} must hear each other, and cannot without Kafka`;
}
