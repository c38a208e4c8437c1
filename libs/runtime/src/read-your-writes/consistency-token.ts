import { z } from 'zod';
import { runtimeErrors } from '../problems/runtime.errors.js';

/** An event that the Consistency-Token of an earlier response names. */
export interface NamedEvent {
  readonly type: string;
  readonly id: string;
}

const MAX_PAIRS = 16;
const MAX_TOKENS = 4;
const DAY_MS = 86_400_000;
const Pairs = z
  .array(z.tuple([z.string().max(200), z.uuidv7()]))
  .min(1)
  .max(MAX_PAIRS);

/** Encodes the Consistency-Token of a response: opaque, unsigned. A forged one only makes its sender wait. */
export function encodeToken(events: readonly (NamedEvent & { readonly key: string })[]): string {
  // The last event of a type and key takes effect after those before it, so only that one is named.
  const last = new Map(events.map((event) => [`${event.type} ${event.key}`, event]));
  if (last.size > MAX_PAIRS)
    throw new Error(`A request wrote events of ${last.size} keys; a token names at most ${MAX_PAIRS}.`);
  const pairs = [...last.values()].map(({ type, id }) => [type, id]);
  return Buffer.from(JSON.stringify(pairs)).toString('base64url');
}

/**
 * Decodes the events of one or more tokens. Events older than a day are left out, because they count as seen. Events
 * from the future are kept, because a clock may have been set back.
 */
export function decodeTokens(header: string): NamedEvent[] {
  const tokens = header
    .split(',')
    .map((token) => token.trim())
    .filter(Boolean);
  if (tokens.length === 0 || tokens.length > MAX_TOKENS) throw invalidToken();
  return tokens.flatMap(decodeToken).filter((event) => Date.now() - timeOf(event.id) < DAY_MS);
}

function decodeToken(token: string): NamedEvent[] {
  try {
    const pairs = Pairs.parse(JSON.parse(Buffer.from(token, 'base64url').toString()));
    return pairs.map(([type, id]) => ({ type, id: id.toLowerCase() }));
  } catch {
    throw invalidToken();
  }
}

function invalidToken() {
  return runtimeErrors.CONSISTENCY_TOKEN_INVALID('Send the token of an earlier response unchanged.');
}

/** A UUIDv7 begins with its time, 48 bits of milliseconds (RFC 9562). */
function timeOf(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
}
