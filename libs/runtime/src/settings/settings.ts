import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheSettings } from '#cache';
import { databaseSettings, packageRoot, UserError } from '#database';
import { eventsSettings, faultsOfKafka, kafkaSettings } from '#events';
import { telemetrySettings } from '#telemetry';
import { z } from 'zod';
import { logFormats, logLevels } from '../logging/logger.js';

const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

const names = z.string().transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
);

/** The settings that runtime itself reads. */
const runtimeSettings = {
  PORT: whole(0, 65_535).default(3000).describe('Port of the API; 0 selects a free port.'),
  OPS_PORT: whole(1, 65_535)
    .optional()
    .describe(
      'Separate port for /health, /metrics, /log-level and the API page of this process; if not set, they are on PORT.',
    ),
  HOST: z.string().default('127.0.0.1').describe('Address to listen on.'),
  SERVICES: names.optional().describe('Services that this process runs, such as auth,users,posts; if not set, all.'),
  AUTH_JWKS_URL: z
    .url({ protocol: /^https?$/, error: 'must be a URL such as http://127.0.0.1:3001/.well-known/jwks.json' })
    .optional()
    .describe('URL of the keys that verify access tokens; required if auth runs in another process.'),
  APP_ENV: z
    .enum(['development', 'production'])
    .default('development')
    .describe('production refuses development switches and requires every secret.'),
  LOG_LEVEL: z
    .enum(logLevels)
    .default('info')
    .describe('Lowest level of the log lines to write; PUT /log-level changes it while the process runs.'),
  LOG_FORMAT: z
    .enum(logFormats)
    .optional()
    .describe('One JSON object per line, or lines for people; if not set, readable in a terminal and JSON elsewhere.'),
  RATE_LIMIT: z.enum(['on', 'off']).default('on').describe('off is allowed in development only.'),
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
  TRUSTED_PROXIES: names.default([]).describe('Networks (CIDR, comma-separated) whose X-Forwarded-For is trusted.'),
  MASTER_KEY: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, 'must be 32 bytes in hexadecimal')
    .optional()
    .describe('Encrypts the private signing keys; 32 bytes in hexadecimal. Generated in DATA_DIR in development.'),
  DRAIN_DELAY: whole(0, 60)
    .default(0)
    .describe(
      'Seconds between becoming unready and closing the port; up to twice as long while new connections still come.',
    ),
  DRAIN_TIMEOUT: whole(1, 600).default(10).describe('Seconds for requests in flight to finish at shutdown.'),
};

/** The settings that every process reads. */
export const settingsShape = {
  ...runtimeSettings,
  ...databaseSettings,
  ...eventsSettings,
  ...kafkaSettings,
  ...cacheSettings,
  ...telemetrySettings,
};

export type RuntimeSettings = z.infer<z.ZodObject<typeof settingsShape>>;

export const RUNTIME_SETTINGS = Symbol('RUNTIME_SETTINGS');

/** Checks settings that are each valid against each other; returns one line per error. */
export type Review = (settings: RuntimeSettings) => readonly string[];

/**
 * Reads every setting once, from the environment and from `.env` beside package.json. Throws a UserError that lists all
 * errors. `extra` are settings of the services.
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
  // Many tools set an empty variable for "not set".
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = z.object({ ...settingsShape, ...extra }).safeParse(given);
  const settings = parsed.data as unknown as RuntimeSettings & z.infer<z.ZodObject<Extra>>;
  const settingErrors = parsed.success
    ? [...unsafeInProduction(settings), ...faultsOfKafka(settings), ...review(settings)]
    : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  if (settingErrors.length === 0) return settings;
  throw new UserError(['Some settings are wrong:', ...settingErrors.map((each) => `  ${each}`)].join('\n'));
}

function unsafeInProduction({ APP_ENV, RATE_LIMIT }: RuntimeSettings): string[] {
  if (APP_ENV === 'development' || RATE_LIMIT === 'on') return [];
  return ['RATE_LIMIT: off is a development switch, and APP_ENV is production'];
}
