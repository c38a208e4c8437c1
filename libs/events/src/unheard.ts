import { topics } from '#contracts';

/**
 * What is wrong with these services in one process without a broker: they publish something that others must hear. It
 * would be settled without its effects, and lost. Undefined if nothing is.
 */
export function faultOfUnheard(services: readonly string[]): string | undefined {
  const produced = topics.filter(({ owner }) => services.includes(owner));
  const missing = new Set(produced.flatMap(({ heardBy }) => heardBy.filter((each) => !services.includes(each))));
  if (missing.size === 0) return undefined;
  return `${[...missing].join(' and ')} must hear what ${services.join(', ')} will publish, and cannot without Kafka`;
}
