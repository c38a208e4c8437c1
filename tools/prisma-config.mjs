import { defineConfig } from 'prisma/config';

/** Tables created by the libraries' own migrations; otherwise Prisma would report them as drift. */
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

/** The Prisma configuration of a service; paths are relative to the service's folder. */
export function prismaConfigOf(service) {
  return defineConfig({
    schema: 'prisma/schema.prisma',
    migrations: { path: 'prisma/migrations' },
    experimental: { externalTables: true },
    tables: { external: libraryTables.map((table) => `${service}.${table}`) },
  });
}
