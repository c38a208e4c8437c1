import {
  context,
  type Context,
  createContextKey,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  trace,
  TraceFlags,
} from '@opentelemetry/api';

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** W3C Trace Context. The flag `sampled` is set only if the span is recorded, so that no trace has missing parents. */
export function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}`;
}

function parse(traceparent: string | null | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags ?? '', 16) & TraceFlags.SAMPLED, isRemote: true };
}

/** Whether the span that this header names is recorded. */
export function isSampled(traceparent: string | null | undefined): boolean {
  // Asked several times for each request, of which most are not recorded.
  if (!traceparent || traceparent.endsWith('-00')) return false;
  return parse(traceparent)?.traceFlags === TraceFlags.SAMPLED;
}

/** A context whose spans become children of the span that this header names. */
export function contextOf(traceparent: string | null | undefined): Context {
  const parent = parse(traceparent);
  return parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
}

/** Links to the recorded spans among these. */
export function linksTo(traceparents: Iterable<string | null | undefined>): Link[] {
  return [...new Set(traceparents)].flatMap((traceparent) => {
    const linked = parse(traceparent);
    return linked?.traceFlags === TraceFlags.SAMPLED ? [{ context: linked }] : [];
  });
}

/** Set in a context whose first span is recorded whatever the ratio. */
export const RECORDED = createContextKey('twofold recorded');

/** A context whose first span begins a trace that is recorded, because it has links to traces that are. */
export function newTrace(): Context {
  return recorded(ROOT_CONTEXT);
}

const MAX_AGE_MS = 3_600_000;

/** Whether something happened so long ago that what follows does not reopen its trace, but begins one with a link to it. */
export function isPast(time: Date): boolean {
  return Date.now() - time.getTime() > MAX_AGE_MS;
}

/** A context whose first span is recorded, whatever its parent. */
export function recorded(parent: Context): Context {
  return parent.setValue(RECORDED, true);
}

/**
 * Where the span of work on several causes at once belongs: into their trace if they have one in common, otherwise it
 * begins a trace of its own. Undefined if none of them is recorded.
 */
export function batchContext(traceparents: Iterable<string | null | undefined>): Context | undefined {
  const [first, ...others] = new Set(traceparents);
  if (others.length === 0) return isSampled(first) ? contextOf(first) : undefined;
  return [first, ...others].some(isSampled) ? newTrace() : undefined;
}

/** Runs `work` outside any trace, for work that is shared by several requests. */
export function untraced<T>(work: () => T): T {
  return context.with(ROOT_CONTEXT, work);
}
