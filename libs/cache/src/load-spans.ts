import { type SpanContext, trace } from '@opentelemetry/api';
import { currentTracer } from '#telemetry';

const NAME = 'wait for a load';

/** The span of the reader that begins a load, if it is recorded. */
export function loaderSpan(): SpanContext | undefined {
  const span = trace.getActiveSpan();
  return span?.isRecording() ? span.spanContext() : undefined;
}

/** Makes a span of the time in which a reader waits for the load of another one, with a link to that reader. */
export async function traceWaitForLoad<T>(load: Promise<T>, loader: SpanContext | undefined): Promise<T> {
  const span = currentTracer()?.startSpan(NAME, { links: loader ? [{ context: loader }] : [] });
  try {
    return await load;
  } finally {
    span?.end();
  }
}

/** As `traceWaitForLoad`, when a reader has waited for another process, which is not known; `since` in ms since 1970. */
export function recordWaitForLoad(since: number | undefined): void {
  if (since !== undefined) currentTracer()?.startSpan(NAME, { startTime: since }).end();
}
