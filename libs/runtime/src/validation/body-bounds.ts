import type { Problem } from '../problems/problem.js';
import { runtimeErrors } from '../problems/runtime.errors.js';

const MAX_DEPTH = 32;
const MAX_ELEMENTS = 10_000;
/** Limit on /v1/auth, where credentials and tokens are short. */
const MAX_AUTH_BYTES = 16_384;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENERS = new Set([0x5b, 0x7b]);
const CLOSERS = new Set([0x5d, 0x7d]);

/**
 * Checks the size, depth and number of elements of a JSON body in its bytes, before it is parsed: a parser takes half a
 * second for a mebibyte of brackets. Undefined if the body is within bounds. Counts keys and elements by commas and
 * opening brackets.
 */
export function findBodyProblem(path: string, body: Buffer): Problem | undefined {
  if (path.startsWith('/v1/auth/') && body.length > MAX_AUTH_BYTES)
    return runtimeErrors.BODY_TOO_LARGE(`At most ${MAX_AUTH_BYTES} bytes are accepted here.`);
  let [depth, elements] = [0, 0];
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] as number;
    if (byte === QUOTE) at = endOfString(body, at);
    else if (byte === COMMA) elements++;
    else if (CLOSERS.has(byte)) depth--;
    else if (OPENERS.has(byte)) {
      elements++;
      if (++depth > MAX_DEPTH) return runtimeErrors.MALFORMED_REQUEST(`The body is nested deeper than ${MAX_DEPTH}.`);
    }
    if (elements > MAX_ELEMENTS)
      return runtimeErrors.MALFORMED_REQUEST(`The body has more than ${MAX_ELEMENTS} keys and elements.`);
  }
  return undefined;
}

/** Index of the end of the string that begins at `start`: the next unescaped quote, or the end of the body. */
function endOfString(body: Buffer, start: number): number {
  for (let at = body.indexOf(QUOTE, start + 1); at !== -1; at = body.indexOf(QUOTE, at + 1)) {
    let escapes = 0;
    while (body[at - 1 - escapes] === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return at;
  }
  return body.length;
}
