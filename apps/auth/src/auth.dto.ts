import { cursorQuery, line, roles, text } from '#runtime';
import { z } from 'zod';

const email = text(3, 254)
  .transform((value) => value.trim().toLowerCase())
  .pipe(z.email())
  .meta({ example: 'ada@example.com' });

const PASSWORD = 'correct horse battery';
const password = text(8, 128).meta({ example: PASSWORD });

export const handle = text(3, 30)
  .transform((value) => value.toLowerCase())
  .pipe(z.string().regex(/^[a-z0-9_]+$/, 'must be letters a to z, digits and underscores'));

export const Registration = z
  .strictObject({
    email,
    password,
    displayName: line(1, 80).meta({ example: 'Ada Lovelace' }),
    handle: handle.optional().meta({ example: 'ada' }),
  })
  .meta({ id: 'Registration' });
export type Registration = z.infer<typeof Registration>;

/** Accepts passwords that registration rejects: they get the answer for wrong credentials, not a validation error. */
export const Credentials = z
  .strictObject({ email, password: text(1, 128).meta({ example: PASSWORD }) })
  .meta({ id: 'Credentials' });
export type Credentials = z.infer<typeof Credentials>;

export const RefreshRequest = z.strictObject({ refreshToken: text(1, 200) }).meta({ id: 'RefreshRequest' });
export type RefreshRequest = z.infer<typeof RefreshRequest>;

export const SessionsQuery = cursorQuery({});
export type SessionsQuery = z.infer<typeof SessionsQuery>;

export const Session = z
  .object({
    id: z.uuid(),
    device: z.string().nullable().describe('The User-Agent of the log-in request.'),
    address: z.string(),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().describe('When the session last issued tokens.'),
    current: z.boolean().describe('Whether this request belongs to the session.'),
  })
  .meta({ id: 'Session' });
export type Session = z.infer<typeof Session>;

export const OwnAccount = z
  .object({
    id: z.uuid(),
    email: z.string(),
    role: z.enum(roles).meta({ example: 'author' }),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Account' });
export type OwnAccount = z.infer<typeof OwnAccount>;

export const TokenPair = z
  .object({
    accountId: z.uuid(),
    accessToken: z.string(),
    tokenType: z.literal('Bearer'),
    expiresIn: z.int().describe('Seconds.').meta({ example: 600 }),
    refreshToken: z.string(),
  })
  .meta({ id: 'TokenPair' });
export type TokenPair = z.infer<typeof TokenPair>;
