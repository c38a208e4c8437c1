import { z } from 'zod';

/** The settings that this library reads; runtime parses them with all others. */
export const cacheSettings = {
  REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: 'must be a URL such as redis://127.0.0.1:6379' })
    .optional()
    .describe(
      'Redis, which processes share for copies and limits; needed where a service has several. rediss:// uses TLS, and a password stands before the @.',
    ),
  REDIS_CA_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('Certificates (PEM) of who signed that of Redis, if not a public one.'),
  REDIS_NAMESPACE: z
    .string()
    .max(100)
    .default('')
    .describe('Stands before every key, where several platforms share a Redis.'),
  CACHE_TTL: z.coerce
    .number()
    .int()
    .min(0)
    .max(86_400)
    .default(3_600)
    .describe('Seconds that a cached copy is kept at most; 0 switches the cache off.'),
  CACHE_SIZE: z.coerce.number().int().min(1).max(65_536).default(64).describe('MiB of cached copies in this process.'),
};

export type CacheSettings = z.infer<z.ZodObject<typeof cacheSettings>>;

export const CACHE_SETTINGS = Symbol('CACHE_SETTINGS');
