import { type Context, ROOT_CONTEXT, type Span, SpanKind } from '@opentelemetry/api';
import { contextOf, contextWith, failSpanAs, isNextRecorded, recorded, tracerOf } from '#telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';
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

/**
 * Starts the span of a request, in the trace of the client if it has sent one; undefined if it is not recorded. `process` is
 * used as the service of a path without a route. The client's decision that its trace is recorded counts only if a trusted proxy has passed it on.
 */
export function startRequestSpan(
  request: FastifyRequest,
  reply: FastifyReply,
  process: string,
  isTrusted: (address: string) => boolean,
): Context | undefined {
  const { method, routeOptions, protocol, headers, socket } = request;
  const received = parseTraceparent(headers.traceparent);
  const isDecided = received?.sampled === true && isTrusted(socket.remoteAddress ?? '');
  if (!isDecided && !isNextRecorded()) return undefined;
  const route = routeOptions.url;
  const service = routeOptions.config.service ?? process;
  const span = tracerOf(service).startSpan(
    route === undefined ? method : `${method} ${route}`,
    {
      kind: SpanKind.SERVER,
      attributes: {
        'http.request.method': method,
        'url.scheme': protocol,
        ...(route === undefined ? {} : { 'http.route': route }),
        // A path with parameters may name a person, and one without a route anything.
        ...(route === undefined || /[:*]/.test(route) ? {} : { 'url.path': route }),
      },
    },
    recorded(received ? contextOf(`00-${received.traceId}-${received.spanId}-00`) : ROOT_CONTEXT),
  );
  request.span = span;
  // 'close' is emitted in any case, also if the client disconnects before the response.
  reply.raw.once('close', () => endRequestSpan(span, reply));
  return contextWith(span, service, ROOT_CONTEXT);
}

/** Records why a request was refused: the code of its problem, never its detail. */
export function recordProblem({ span }: FastifyRequest, code: string, status: number): void {
  if (!span) return;
  span.setAttribute('twofold.problem.code', code);
  if (status >= 500) failSpanAs(span, code);
}

function endRequestSpan(span: Span, reply: FastifyReply): void {
  if (reply.raw.headersSent) span.setAttribute('http.response.status_code', reply.statusCode);
  if (!reply.raw.writableFinished) failSpanAs(span, 'disconnected');
  span.end();
}
