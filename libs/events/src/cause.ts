import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Why something happens: the trace it belongs to and the event it reacts to. Carried beside the code, so that whatever
 * emits an event, writes a log line or reports a problem names its cause without being handed it.
 */
export interface Cause {
  /** W3C trace context. */
  readonly traceparent: string | null;
  readonly causationId: string | null;
  /** Every event emitted so far for this cause; an answer to a request names them in its Consistency-Token. */
  readonly emitted: { readonly type: string; readonly id: string; readonly key: string }[];
  /** Whether it has waited for the effects of earlier writes, and so may not be shown what is older: no cache is read. */
  hasWaited?: boolean;
}

const current = new AsyncLocalStorage<Cause>();

export function currentCause(): Cause | undefined {
  return current.getStore();
}

/** A cause for which nothing has been emitted yet. */
export function newCause(cause: Omit<Cause, 'emitted'>): Cause {
  return { ...cause, emitted: [] };
}

export function withCause<T>(cause: Omit<Cause, 'emitted'>, work: () => T): T {
  return resumeCause(newCause(cause), work);
}

/** Goes on under a cause that was captured earlier, where a callback has lost it. */
export function resumeCause<T>(cause: Cause, work: () => T): T {
  return current.run(cause, work);
}
