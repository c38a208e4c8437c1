import { randomFillSync } from 'node:crypto';
import type { Cause } from '#events';
import type { FastifyRequest } from 'fastify';
import type { CurrentAccount } from '../auth/current-account.js';

const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?$/;

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the first hook of every request. */
    cause?: Cause;
    account?: CurrentAccount;
    /** The bytes of the body, if there is one. */
    rawBody?: Buffer;
  }
}

/** The caller's trace with a new span, or a new trace (W3C Trace Context). */
export function continueTrace(header: string | string[] | undefined): string {
  const [, version, traceId, flags = '01', tail] = TRACEPARENT.exec(typeof header === 'string' ? header : '') ?? [];
  // In version 00 the header ends after the flags; later versions may add fields.
  const isContinued = traceId !== undefined && !(version === '00' && tail);
  const span = randomHex(8);
  return isContinued ? `00-${traceId}-${span}-${flags}` : `00-${randomHex(16)}-${span}-01`;
}

/** The id of a new trace, for problems that are sent outside the hooks of a request. */
export function newTraceId(): string {
  return randomHex(16);
}

const randomness = Buffer.alloc(4_096);
let taken = randomness.length;

/** Random bytes are generated in bulk: a few bytes at a time would cost each request more than its routing does. */
function randomHex(bytes: number): string {
  if (taken + bytes > randomness.length) {
    randomFillSync(randomness);
    taken = 0;
  }
  return randomness.toString('hex', taken, (taken += bytes));
}

export function traceIdIn(traceparent: string | null | undefined): string {
  return traceparent?.slice(3, 35) ?? '';
}

export function traceIdOf(request: FastifyRequest): string {
  return traceIdIn(request.cause?.traceparent);
}
