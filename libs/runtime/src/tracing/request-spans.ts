import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Context, ROOT_CONTEXT, type Span, SpanKind } from '@opentelemetry/api';
import { contextOf, contextWith, failSpanAs, isNextRecorded, isTracing, recorded, tracerOf } from '#telemetry';
import type { TrustedProxies } from '../settings/trusted-proxies.js';
import { parseTraceparent } from './trace.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The service that owns the route; of a process with several, none for those of the process itself. */
    service?: string;
  }
  interface FastifyRequest {
    /** The span of a request that is traced. */
    span?: Span;
  }
}

/** The route of a request: its template, if there is one, and the service that owns it, or else the process. */
export interface EnteredRoute {
  readonly route: string | undefined;
  readonly service: string;
}

export interface RequestSpan {
  readonly span: Span;
  /** In which it is the current span. */
  readonly context: Context;
}

/**
 * Starts the span of a request, in the trace of the client if it has sent one; undefined if it is not recorded. The client's
 * decision that its trace is recorded counts only if a trusted proxy has passed it on.
 */
export function startRequestSpan(
  request: IncomingMessage,
  response: ServerResponse,
  { route, service }: EnteredRoute,
  proxies: TrustedProxies,
): RequestSpan | undefined {
  if (!isTracing()) return undefined;
  const { method = '', headers, socket } = request;
  const received = parseTraceparent(headers['traceparent']);
  const isDecided = received?.sampled === true && proxies.include(socket.remoteAddress);
  if (!isDecided && !isNextRecorded()) return undefined;
  const span = tracerOf(service).startSpan(
    route === undefined ? method : `${method} ${route}`,
    {
      kind: SpanKind.SERVER,
      attributes: {
        'http.request.method': method,
        'url.scheme': proxies.schemeOf(request),
        ...(route === undefined ? {} : { 'http.route': route }),
        // A path with parameters may name a person, and one without a route anything.
        ...(route === undefined || /[:*]/.test(route) ? {} : { 'url.path': route }),
      },
    },
    recorded(received ? contextOf(`00-${received.traceId}-${received.spanId}-00`) : ROOT_CONTEXT),
  );
  // 'close' is emitted in any case, also if the client disconnects before the response.
  response.once('close', () => endRequestSpan(span, response));
  return { span, context: contextWith(span, service, ROOT_CONTEXT) };
}

/** Records why a request was refused: the code of its problem, never its detail. */
export function recordProblem(span: Span | undefined, code: string, status: number): void {
  if (!span) return;
  span.setAttribute('twofold.problem.code', code);
  if (status >= 500) failSpanAs(span, code);
}

function endRequestSpan(span: Span, response: ServerResponse): void {
  if (response.headersSent) span.setAttribute('http.response.status_code', response.statusCode);
  if (!response.writableFinished) failSpanAs(span, 'disconnected');
  span.end();
}
