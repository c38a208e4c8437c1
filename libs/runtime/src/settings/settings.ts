import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheSettings } from '#cache';
import { databaseSettings, packageRoot, UserError } from '#database';
import { eventsSettings, faultsOfKafka, kafkaSettings } from '#events';
import { z } from 'zod';

const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

const names = z.string().transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
);

/** The settings that runtime itself reads. */
export const runtimeSettings = {
  PORT: whole(0, 65_535).default(3000).describe('Port of the API; 0 takes any free one.'),
  OPS_PORT: whole(1, 65_535)
    .optional()
    .describe('A port of its own for /health and the API page of this process; without it they are on PORT.'),
  HOST: z.string().default('127.0.0.1').describe('Address to listen on.'),
  SERVICES: names.optional().describe('Which of its services this process runs, as auth,users,posts; all without it.'),
  AUTH_JWKS_URL: z
    .url({ protocol: /^https?$/, error: 'must be a URL such as http://127.0.0.1:3001/.well-known/jwks.json' })
    .optional()
    .describe('Where the keys that verify access tokens are published; needed where auth runs elsewhere.'),
  APP_ENV: z
    .enum(['development', 'production'])
    .default('development')
    .describe('production refuses development switches and needs every secret.'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('The least important log lines to write.'),
  RATE_LIMIT: z.enum(['on', 'off']).default('on').describe('off only in development.'),
  RATE_LIMIT_PER_MINUTE: whole(1, 1_000_000)
    .default(100)
    .describe('Requests on /v1 per client address, and per account.'),
  CORS_ORIGINS: names
    .default([])
    .refine(
      (origins) => origins.every((origin) => /^https?:\/\/[^/*]+$/.test(origin)),
      'must be origins such as https://example.com',
    )
    .describe('Other origins (comma-separated) whose pages may use the API in a browser.'),
  TRUSTED_PROXIES: names.default([]).describe('Networks (CIDR, comma-separated) whose X-Forwarded-For is believed.'),
  MASTER_KEY: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, 'must be 32 bytes in hexadecimal')
    .optional()
    .describe('Encrypts the private signing keys; 32 bytes in hexadecimal. Made in DATA_DIR in development.'),
  DRAIN_DELAY: whole(0, 60).default(0).describe('Seconds between becoming unready and closing the port.'),
  DRAIN_TIMEOUT: whole(1, 600).default(10).describe('Seconds that requests in hand are given when the process stops.'),
};

/** Every setting that any process reads. */
export const settingsShape = {
  ...runtimeSettings,
  ...databaseSettings,
  ...eventsSettings,
  ...kafkaSettings,
  ...cacheSettings,
};

export type RuntimeSettings = z.infer<z.ZodObject<typeof settingsShape>>;

export const RUNTIME_SETTINGS = Symbol('RUNTIME_SETTINGS');

/** What is wrong with settings that are each right by themselves: a line for each. */
export type Review = (settings: RuntimeSettings) => readonly string[];

/**
 * Reads every setting once, from the environment and from `.env` beside package.json. Throws a UserError that names
 * each fault. `extra` are settings of the services.
 */
export function loadSettings<Extra extends z.ZodRawShape>(
  extra: Extra,
  review?: Review,
): RuntimeSettings & z.infer<z.ZodObject<Extra>> {
  const file = join(packageRoot(), '.env');
  if (existsSync(file)) process.loadEnvFile(file);
  return parseSettings(process.env, extra, review);
}

export function parseSettings<Extra extends z.ZodRawShape>(
  environment: NodeJS.ProcessEnv,
  extra: Extra,
  review: Review = () => [],
): RuntimeSettings & z.infer<z.ZodObject<Extra>> {
  // An empty variable is how many tools say "not set".
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = z.object({ ...settingsShape, ...extra }).safeParse(given);
  const settings = parsed.data as unknown as RuntimeSettings & z.infer<z.ZodObject<Extra>>;
  const faults = parsed.success
    ? [...unsafeInProduction(settings), ...faultsOfKafka(settings), ...review(settings)]
    : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  if (faults.length === 0) return settings;
  throw new UserError(['Some settings are wrong:', ...faults.map((fault) => `  ${fault}`)].join('\n'));
}

function unsafeInProduction({ APP_ENV, RATE_LIMIT }: RuntimeSettings): string[] {
  if (APP_ENV === 'development' || RATE_LIMIT === 'on') return [];
  return ['RATE_LIMIT: off is a development switch, and APP_ENV is production'];
}
