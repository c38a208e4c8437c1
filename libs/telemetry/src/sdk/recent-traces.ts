import { type HrTime, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { TraceSpan } from './trace-span.js';

/** Spans kept of one trace, and of all: a trace that a client continues for ever must not use all memory. */
const MAX_SPANS = 1_000;
const MAX_TOTAL = 20_000;

/** Keeps the spans of the latest traces in memory, for development. */
export class RecentTraces implements SpanProcessor {
  private readonly traces = new Map<string, TraceSpan[]>();
  private total = 0;
  private lastRequest: string | undefined;

  constructor(private readonly maxTraces: number) {}

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    const { traceId } = span.spanContext();
    const spans = this.traces.get(traceId) ?? [];
    if (spans.length < MAX_SPANS) {
      spans.push(toTraceSpan(span));
      this.total++;
    }
    this.traces.set(traceId, spans);
    if (span.kind === SpanKind.SERVER) this.lastRequest = traceId;
    while (this.traces.size > this.maxTraces || this.total > MAX_TOTAL) this.removeOldest();
  }

  /** The spans of a trace that have ended; `last` is the trace of the request that was answered last. */
  find(id: string): readonly TraceSpan[] | undefined {
    return this.traces.get(id === 'last' ? (this.lastRequest ?? '') : id);
  }

  private removeOldest(): void {
    const [oldest] = this.traces;
    if (!oldest) return;
    const [id, spans] = oldest;
    this.traces.delete(id);
    this.total -= spans.length;
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}

function toTraceSpan(span: ReadableSpan): TraceSpan {
  const { traceId, spanId } = span.spanContext();
  return {
    service: String(span.resource.attributes['service.name']),
    traceId,
    id: spanId,
    parentId: span.parentSpanContext?.spanId ?? '',
    name: span.name,
    kind: span.kind + 1,
    attributes: span.attributes,
    links: span.links.map(({ context }) => ({ traceId: context.traceId, spanId: context.spanId })),
    failed: span.status.code === SpanStatusCode.ERROR,
    startedAt: milliseconds(span.startTime),
    endedAt: milliseconds(span.endTime),
  };
}

function milliseconds([seconds, nanoseconds]: HrTime): number {
  return seconds * 1_000 + nanoseconds / 1_000_000;
}

let recent: RecentTraces | undefined;

export function keepTraces(traces: RecentTraces): void {
  recent = traces;
}

/** Undefined unless this process keeps traces in memory. */
export function recentTraces(): Pick<RecentTraces, 'find'> | undefined {
  return recent;
}
