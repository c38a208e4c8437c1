/** The services of the platform: each publishes and subscribes to topics, and has a database schema of its name. */
export const serviceNames = ['auth', 'users', 'posts', 'notifications'] as const;
export type ServiceName = (typeof serviceNames)[number];
