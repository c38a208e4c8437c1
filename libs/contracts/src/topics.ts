/** Where events of one aggregate are kept in order. */
export interface Topic {
  readonly name: string;
  /** The service that publishes on it. */
  readonly owner: string;
  /** The services that listen to it. */
  readonly subscribers: readonly string[];
}

/** The names of the topics that a service listens to. */
export function topicsConsumedBy(service: string): string[] {
  return topics.filter(({ subscribers }) => subscribers.includes(service)).map(({ name }) => name);
}

/** Every topic of the platform. Which consumers there are is generated from the code; a test compares. */
export const topics: readonly Topic[] = [
  { name: 'auth.account', owner: 'auth', subscribers: ['users', 'posts', 'notifications'] },
  { name: 'users.user', owner: 'users', subscribers: ['users', 'posts', 'notifications'] },
  { name: 'posts.post', owner: 'posts', subscribers: ['posts', 'notifications'] },
  { name: 'posts.comment', owner: 'posts', subscribers: ['posts', 'notifications'] },
];
