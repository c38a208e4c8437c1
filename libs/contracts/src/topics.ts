import type { ServiceName } from './services.js';

/** The events of one kind of aggregate, kept in order per key. */
export interface Topic {
  readonly name: string;
  /** The service that publishes to it. */
  readonly owner: ServiceName;
  /** The services that consume it. */
  readonly subscribers: readonly ServiceName[];
}

/** The names of the topics that a service consumes. */
export function topicsConsumedBy(service: string): string[] {
  return topics.filter(({ subscribers }) => subscribers.some((each) => each === service)).map(({ name }) => name);
}

/** Every topic of the platform. A test compares `subscribers` with the consumers in the code. */
export const topics: readonly Topic[] = [
  { name: 'auth.account', owner: 'auth', subscribers: ['users', 'posts', 'notifications'] },
  { name: 'users.user', owner: 'users', subscribers: ['users', 'posts', 'notifications'] },
  { name: 'posts.post', owner: 'posts', subscribers: ['posts', 'notifications'] },
  { name: 'posts.comment', owner: 'posts', subscribers: ['posts', 'notifications'] },
];
