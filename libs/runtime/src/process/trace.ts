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
    /** The bytes of the body, while there is one. */
    rawBody?: Buffer;
  }
}

/** The caller's trace with a span of our own in it, or a new trace (W3C Trace Context). */
export function continueTrace(header: string | string[] | undefined): string {
  const [, version, traceId, flags = '01', tail] = TRACEPARENT.exec(typeof header === 'string' ? header : '') ?? [];
  // Version 00 ends after the flags; a later one may go on.
  const isContinued = traceId !== undefined && !(version === '00' && tail);
  const span = randomHex(8);
  return isContinued ? `00-${traceId}-${span}-${flags}` : `00-${randomHex(16)}-${span}-01`;
}

/** The id of a trace of its own, for what no request reaches. */
export function newTraceId(): string {
  return randomHex(16);
}

const randomness = Buffer.alloc(4_096);
let taken = randomness.length;

/** Fetched in bulk: a few bytes at a time cost each request more than its routing does. */
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
