import { AsyncLocalStorage } from 'node:async_hooks';
import { context, type Context } from '@opentelemetry/api';

/**
 * The cause of an action: the trace it belongs to and the event it reacts to. Kept in an AsyncLocalStorage, so that
 * code that publishes an event, writes a log line or reports a problem can name the cause without a parameter for it.
 */
export interface Cause {
  /** W3C trace context. */
  readonly traceparent: string | null;
  readonly causationId: string | null;
  /** The OpenTelemetry context of a request that is traced. */
  readonly context?: Context;
  /** Every event published so far under this cause; the response to a request lists them in its Consistency-Token. */
  readonly emitted: { readonly type: string; readonly id: string; readonly key: string }[];
  /** Whether the request has waited for the effects of earlier writes: it must not get stale data from a cache. */
  hasWaited?: boolean;
}

const current = new AsyncLocalStorage<Cause>();

export function currentCause(): Cause | undefined {
  return current.getStore();
}

/** A cause without published events. */
export function newCause(cause: Omit<Cause, 'emitted'>): Cause {
  return { ...cause, emitted: [] };
}

export function withCause<T>(cause: Omit<Cause, 'emitted'>, work: () => T): T {
  return resumeCause(newCause(cause), work);
}

/** Runs `work` under a cause captured earlier, for callbacks that have lost the async context. */
export function resumeCause<T>(cause: Cause, work: () => T): T {
  const { context: traced } = cause;
  return current.run(cause, traced ? () => context.with(traced, work) : work);
}
