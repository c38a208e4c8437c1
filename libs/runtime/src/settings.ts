import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheSettings } from '#cache';
import { databaseSettings, packageRoot, UserError } from '#database';
import { eventsSettings } from '#events';
import { z } from 'zod';

const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

const cidrs = z.string().transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
);

/** The settings that runtime itself reads. */
export const runtimeSettings = {
  PORT: whole(0, 65_535).default(3000).describe('Port of the API; 0 takes any free one.'),
  HOST: z.string().default('127.0.0.1').describe('Address to listen on.'),
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
  TRUSTED_PROXIES: cidrs.default([]).describe('Networks (CIDR, comma-separated) whose X-Forwarded-For is believed.'),
  MASTER_KEY: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, 'must be 32 bytes in hexadecimal')
    .optional()
    .describe('Encrypts the private signing keys; 32 bytes in hexadecimal. Made in DATA_DIR in development.'),
  DRAIN_DELAY: whole(0, 60).default(0).describe('Seconds between becoming unready and closing the port.'),
  DRAIN_TIMEOUT: whole(1, 600).default(10).describe('Seconds that requests in hand are given when the process stops.'),
};

/** Every setting that any process reads. */
export const settingsShape = { ...runtimeSettings, ...databaseSettings, ...eventsSettings, ...cacheSettings };

export type RuntimeSettings = z.infer<z.ZodObject<typeof settingsShape>>;

export const RUNTIME_SETTINGS = Symbol('RUNTIME_SETTINGS');

/**
 * Reads every setting once, from the environment and from `.env` beside package.json. Throws a UserError that names
 * each fault. `extra` are settings of the services.
 */
export function loadSettings<Extra extends z.ZodRawShape>(extra: Extra): RuntimeSettings & z.infer<z.ZodObject<Extra>> {
  const file = join(packageRoot(), '.env');
  if (existsSync(file)) process.loadEnvFile(file);
  return parseSettings(process.env, extra);
}

export function parseSettings<Extra extends z.ZodRawShape>(
  environment: NodeJS.ProcessEnv,
  extra: Extra,
): RuntimeSettings & z.infer<z.ZodObject<Extra>> {
  // An empty variable is how many tools say "not set".
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = z.object({ ...settingsShape, ...extra }).safeParse(given);
  const faults = parsed.success
    ? unsafeInProduction(parsed.data as unknown as RuntimeSettings)
    : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  if (parsed.success && faults.length === 0)
    return parsed.data as unknown as RuntimeSettings & z.infer<z.ZodObject<Extra>>;
  throw new UserError(['Some settings are wrong:', ...faults.map((fault) => `  ${fault}`)].join('\n'));
}

function unsafeInProduction(settings: RuntimeSettings): string[] {
  if (settings.APP_ENV === 'development') return [];
  const faults: string[] = [];
  if (settings.RATE_LIMIT === 'off') faults.push('RATE_LIMIT: off is a development switch, and APP_ENV is production');
  if (!settings.MASTER_KEY) faults.push('MASTER_KEY: is required when APP_ENV is production');
  return faults;
}

/** In development the master key is made once and kept beside the data that it protects. */
export function withMasterKey<Settings extends RuntimeSettings>(settings: Settings, dataFolder: string): Settings {
  if (settings.MASTER_KEY) return settings;
  const path = join(dataFolder, 'master.key');
  if (!existsSync(path)) writeFileSync(path, randomBytes(32).toString('hex'), { mode: 0o600 });
  return { ...settings, MASTER_KEY: readFileSync(path, 'utf8').trim() };
}
