import { types } from 'node:util';
import {
  context,
  type Context,
  createContextKey,
  type Span,
  type SpanOptions,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';

let sampler: { isNextRecorded(): boolean } | undefined;

/** Called once, by the SDK's set-up, before any other module of the process is loaded. */
export function enableTracing(by: { isNextRecorded(): boolean }): void {
  sampler = by;
}

/** Asks the sampler about a request before its span is made: most of what a span costs is its attributes and context. */
export function isNextRecorded(): boolean {
  return sampler?.isNextRecorded() ?? false;
}

/** Whether this process makes spans. If it does not, nothing of OpenTelemetry but its API is loaded. */
export function isTracing(): boolean {
  return sampler !== undefined;
}

const tracers = new Map<string, Tracer>();

/** The tracer of a service: its spans have the service's name as `service.name`, also in a process with several. */
export function tracerOf(service: string): Tracer {
  let tracer = tracers.get(service);
  if (!tracer) tracers.set(service, (tracer = trace.getTracer(service)));
  return tracer;
}

const SERVICE = createContextKey('twofold service');

/** A context in which `span`, of this service, is the current one. */
export function contextWith(span: Span, service: string, outer: Context): Context {
  return trace.setSpan(outer, span).setValue(SERVICE, service);
}

/** The tracer of the service that the current request or delivery belongs to; undefined outside a recorded trace. */
export function currentTracer(): Tracer | undefined {
  const service = sampler && trace.getActiveSpan()?.isRecording() && context.active().getValue(SERVICE);
  return typeof service === 'string' ? tracerOf(service) : undefined;
}

/**
 * Runs `work` in a new span, which ends with it: a child of the current one, or of `parent`. Without tracing, and outside
 * any trace, it only runs `work`.
 */
export async function withSpan<T>(
  service: string,
  name: string,
  options: SpanOptions,
  work: () => Promise<T>,
  parent?: Context,
): Promise<T> {
  if (!sampler || !(parent ?? trace.getActiveSpan())) return work();
  const outer = parent ?? context.active();
  const span = tracerOf(service).startSpan(name, options, outer);
  try {
    return await context.with(contextWith(span, service, outer), work);
  } catch (error) {
    failSpan(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** A span for time in which nothing ran, recorded when it is over; `since` and `until` in ms since 1970. */
export function recordWait(
  service: string,
  name: string,
  { since, until = Date.now() }: { readonly since: number; readonly until?: number },
  parent: Context,
  options?: SpanOptions,
): void {
  // The clock of another machine may be ahead.
  const startTime = Math.min(since, until);
  tracerOf(service)
    .startSpan(name, { ...options, startTime }, parent)
    .end(until);
}

/** Marks a span as failed. Only the class or code of the error is recorded: its message may contain personal data. */
export function failSpan(span: Span, error: unknown): void {
  failSpanAs(span, errorTypeOf(error));
}

/** As `failSpan`, with a word of the code instead of an error. */
export function failSpanAs(span: Span, type: string): void {
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.setAttribute('error.type', type);
}

function errorTypeOf(error: unknown): string {
  if (!types.isNativeError(error)) return typeof error;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
