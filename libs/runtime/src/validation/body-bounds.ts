import type { Problem } from '../problems/problem.js';
import { runtimeErrors } from '../problems/runtime.errors.js';

const DEEPEST = 32;
const MOST_ELEMENTS = 10_000;
/** Credentials and tokens are short. */
const LARGEST_OF_AUTH = 16_384;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENERS = new Set([0x5b, 0x7b]);
const CLOSERS = new Set([0x5d, 0x7d]);

/**
 * What a JSON body may not be, found in its bytes before anything is parsed: a parser takes half a second for a mebibyte
 * of brackets. Undefined if nothing is wrong. Counts keys and elements by the commas between them and by what opens.
 */
export function faultOfBody(path: string, body: Buffer): Problem | undefined {
  if (path.startsWith('/v1/auth/') && body.length > LARGEST_OF_AUTH)
    return runtimeErrors.BODY_TOO_LARGE(`At most ${LARGEST_OF_AUTH} bytes are taken here.`);
  let [depth, elements] = [0, 0];
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] as number;
    if (byte === QUOTE) at = endOfString(body, at);
    else if (byte === COMMA) elements++;
    else if (CLOSERS.has(byte)) depth--;
    else if (OPENERS.has(byte)) {
      elements++;
      if (++depth > DEEPEST) return runtimeErrors.MALFORMED_REQUEST(`The body is nested more than ${DEEPEST} deep.`);
    }
    if (elements > MOST_ELEMENTS)
      return runtimeErrors.MALFORMED_REQUEST(`The body has more than ${MOST_ELEMENTS} keys and elements.`);
  }
  return undefined;
}

/** Where the string that begins at `start` ends: at the next quote that is not escaped, or with the body. */
function endOfString(body: Buffer, start: number): number {
  for (let at = body.indexOf(QUOTE, start + 1); at !== -1; at = body.indexOf(QUOTE, at + 1)) {
    let escapes = 0;
    while (body[at - 1 - escapes] === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return at;
  }
  return body.length;
}
