import { z } from 'zod';

/** The settings that this library reads; runtime parses them with all others. */
export const cacheSettings = {
  REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: 'must be a URL such as redis://127.0.0.1:6379' })
    .optional()
    .describe(
      'Redis, which processes share for cache entries and rate limits; required if a service has several replicas. rediss:// uses TLS, and a password goes before the @.',
    ),
  REDIS_CA_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('CA certificates (PEM) that signed the certificate of Redis, if it is not publicly signed.'),
  REDIS_NAMESPACE: z
    .string()
    .max(100)
    .default('')
    .describe('Prefix of every key, for a Redis that several platforms share.'),
  CACHE_TTL: z.coerce
    .number()
    .int()
    .min(0)
    .max(86_400)
    .default(3_600)
    .describe('Maximum lifetime of a cache entry in seconds; 0 disables the cache.'),
  CACHE_SIZE: z.coerce
    .number()
    .int()
    .min(1)
    .max(65_536)
    .default(64)
    .describe('Size of the in-memory cache of this process in MiB.'),
};

export type CacheSettings = z.infer<z.ZodObject<typeof cacheSettings>>;

export const CACHE_SETTINGS = Symbol('CACHE_SETTINGS');
