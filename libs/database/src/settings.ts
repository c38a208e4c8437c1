import { z } from 'zod';

const postgresUrl = z.url({
  protocol: /^postgres(ql)?$/,
  error: 'must be a URL such as postgresql://user:password@host:5432/name',
});

/** The settings that this library reads; runtime parses them with all others. */
export const databaseSettings = {
  DATA_DIR: z.string().min(1).default('.data').describe('Folder of the embedded database and of generated secrets.'),
  DATABASE_URL: postgresUrl
    .optional()
    .describe(
      'A Postgres server to use instead of the embedded one. With ?sslmode=verify-full it uses TLS, with &sslrootcert=FILE for a certificate that is not publicly signed; without sslmode it does not.',
    ),
  AUTH_DATABASE_URL: postgresUrl.optional().describe('As DATABASE_URL, for the auth service alone.'),
  USERS_DATABASE_URL: postgresUrl.optional().describe('As DATABASE_URL, for the users service alone.'),
  POSTS_DATABASE_URL: postgresUrl.optional().describe('As DATABASE_URL, for the posts service alone.'),
  NOTIFICATIONS_DATABASE_URL: postgresUrl.optional().describe('As DATABASE_URL, for the notifications service alone.'),
  DATABASE_POOL: z.coerce.number().int().min(2).max(100).default(10).describe('Connections per service and process.'),
  MIGRATE: z.enum(['on-start', 'never']).default('on-start').describe('Whether a starting process applies migrations.'),
};

export type DatabaseSettings = z.infer<z.ZodObject<typeof databaseSettings>>;

/** The configured database URL of a service; undefined if the service uses the embedded server. */
export function databaseUrlOf(service: string, settings: DatabaseSettings): string | undefined {
  const own = `${service.toUpperCase()}_DATABASE_URL` as keyof DatabaseSettings;
  return (settings[own] as string | undefined) ?? settings.DATABASE_URL;
}
