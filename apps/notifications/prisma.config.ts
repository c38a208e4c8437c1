import { defineConfig } from 'prisma/config';

/** Tables that the libraries' own migrations make. */
const libraryTables = [
  'outbox',
  'relay_leases',
  'relays',
  'inbox',
  'consumer_position',
  'parked',
  'dead_letters',
  'idempotency_keys',
  '_library_migrations',
];

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  experimental: { externalTables: true },
  tables: { external: libraryTables.map((table) => `notifications.${table}`) },
});
