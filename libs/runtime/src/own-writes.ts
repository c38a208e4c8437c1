import { z } from 'zod';
import { runtimeErrors } from './runtime.errors.js';

/** An event that an earlier answer named. */
export interface NamedEvent {
  readonly type: string;
  readonly id: string;
}

const MAX_PAIRS = 16;
const DAY_MS = 86_400_000;
const CLOCKS_MAY_DIFFER_MS = 60_000;
const Pairs = z
  .array(z.tuple([z.string().max(200), z.uuidv7()]))
  .min(1)
  .max(MAX_PAIRS);

/** The Consistency-Token of an answer: opaque to clients, unsigned, and harmless if made up. */
export function encodeToken(events: readonly NamedEvent[]): string {
  const pairs = events.slice(0, MAX_PAIRS).map(({ type, id }) => [type, id]);
  return Buffer.from(JSON.stringify(pairs)).toString('base64url');
}

/** The events of one or more tokens, without those older than a day: they count as seen. */
export function decodeTokens(header: string): NamedEvent[] {
  const tokens = header
    .split(',')
    .map((token) => token.trim())
    .filter(Boolean);
  if (tokens.length === 0) throw invalidToken();
  return tokens.flatMap(decodeToken).filter((event) => Date.now() - timeOf(event.id) < DAY_MS);
}

function decodeToken(token: string): NamedEvent[] {
  try {
    const pairs = Pairs.parse(JSON.parse(Buffer.from(token, 'base64url').toString()));
    // An event from the future can only be made up, and would hold the request for nothing.
    if (pairs.some(([, id]) => timeOf(id) > Date.now() + CLOCKS_MAY_DIFFER_MS)) throw invalidToken();
    return pairs.map(([type, id]) => ({ type, id: id.toLowerCase() }));
  } catch {
    throw invalidToken();
  }
}

function invalidToken() {
  return runtimeErrors.CONSISTENCY_TOKEN_INVALID('Send back what an earlier answer gave, unchanged.');
}

/** A UUIDv7 begins with its time, 48 bits of milliseconds (RFC 9562). */
function timeOf(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
}
