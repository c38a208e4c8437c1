import { randomFillSync } from 'node:crypto';
import { type Cause, newCause } from '#events';
import { isSampled, traceparentOf } from '#telemetry';
import type { FastifyRequest } from 'fastify';
import type { CurrentAccount } from '../auth/current-account.js';
import type { RequestSpan } from './request-spans.js';

const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the first hook of every request. */
    cause?: Cause;
    account?: CurrentAccount;
    /** The bytes of the body, if there is one. */
    rawBody?: Buffer;
  }
}

/** The span that a caller has named as the cause of its request. */
export interface ReceivedTrace {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

/** Parses a traceparent header (W3C Trace Context). Undefined if it is missing or invalid. */
export function parseTraceparent(header: string | string[] | undefined): ReceivedTrace | undefined {
  if (typeof header !== 'string') return undefined;
  const [, version, traceId, spanId, flags, tail] = TRACEPARENT.exec(header) ?? [];
  // In version 00 the header ends after the flags; later versions may add fields.
  if (traceId === undefined || spanId === undefined || (version === '00' && tail)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags ?? '', 16) & 1) === 1 };
}

/**
 * The caller's trace, or a new one, for a request without a span of its own. Not flagged as sampled: what follows from
 * the request must not be recorded as children of a span that is missing.
 */
export function continueTrace(header: string | string[] | undefined): string {
  return `00-${parseTraceparent(header)?.traceId ?? randomHex(16)}-${randomHex(8)}-00`;
}

/** What a request causes belongs to its span, if it is recorded, or else to the trace that the caller names, or to a new one. */
export function causeOf(header: string | string[] | undefined, traced: RequestSpan | undefined): Cause {
  if (!traced) return newCause({ traceparent: continueTrace(header), causationId: null });
  return newCause({ traceparent: traceparentOf(traced.span), causationId: null, context: traced.context });
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

/** The ids for a log line; that of the span only if it is recorded. */
export function traceFields(traceparent: string): { traceId: string; spanId?: string } {
  const traceId = traceIdIn(traceparent);
  return isSampled(traceparent) ? { traceId, spanId: traceparent.slice(36, 52) } : { traceId };
}

export function traceIdOf(request: FastifyRequest): string {
  return traceIdIn(request.cause?.traceparent);
}
