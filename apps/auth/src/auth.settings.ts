import type { RuntimeSettings } from '#runtime';
import { z } from 'zod';

const seconds = (max: number) => z.coerce.number().int().min(0).max(max);

export const authSettings = {
  ACCESS_TOKEN_TTL: seconds(86_400).default(600).describe('Seconds that an access token is valid.'),
  REFRESH_TOKEN_TTL: seconds(31_536_000).default(2_592_000).describe('Seconds that an unused refresh token is valid.'),
  SESSION_TTL: seconds(31_536_000)
    .default(7_776_000)
    .describe('Maximum duration of a session in seconds, regardless of its use.'),
  REFRESH_GRACE: seconds(60)
    .default(5)
    .describe('Seconds during which a spent refresh token returns the same successor again.'),
  PASSWORDS_AT_ONCE: z.coerce
    .number()
    .int()
    .min(1)
    .max(128)
    .optional()
    .describe(
      'Passwords that a process hashes or verifies at a time; each keeps a processor busy for 15 ms or more. By default one less than there are processors, and 1 to 4.',
    ),
  LOGINS_PER_MINUTE: seconds(1_000_000).default(20).describe('Log-ins per client address.'),
  WRONG_PASSWORDS: seconds(1_000_000)
    .default(10)
    .describe('Wrong passwords in 15 minutes per pair of e-mail address and client address.'),
  REGISTRATIONS_PER_MINUTE: seconds(1_000_000).default(20).describe('Registrations per client address.'),
  REFRESHES_PER_MINUTE: seconds(1_000_000).default(60).describe('Refreshes per client address.'),
};

export type AuthSettings = RuntimeSettings & z.infer<z.ZodObject<typeof authSettings>>;
