import { defineConfig } from 'prisma/config';

/** Tables that the libraries' own migrations make; Prisma would take them for drift. */
const libraryTables = [
  'outbox',
  'relay_leases',
  'relays',
  'inbox',
  'consumer_position',
  'parked',
  'dead_letters',
  'idempotency_keys',
  'verification_keys',
  'cache_epoch',
  '_library_migrations',
];

/** How Prisma sees a service; paths are relative to the service's folder. */
export function prismaConfigOf(service) {
  return defineConfig({
    schema: 'prisma/schema.prisma',
    migrations: { path: 'prisma/migrations' },
    experimental: { externalTables: true },
    tables: { external: libraryTables.map((table) => `${service}.${table}`) },
  });
}
