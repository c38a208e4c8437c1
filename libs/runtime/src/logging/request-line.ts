import type { FastifyReply, FastifyRequest } from 'fastify';
import { traceFields } from '../tracing/trace.js';
import type { ProcessLog } from './logger.js';

/** What is logged of a request: never its path, query, headers or body. */
export interface RequestLine {
  readonly context: 'http';
  readonly method: string;
  /** The template, such as /v1/posts/:id. */
  readonly route: string;
  readonly status: number;
  /** Milliseconds until the response was sent. */
  readonly ms: number;
  /** Id of the account of its access token. */
  readonly account?: string;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly msg: string;
}

/** One line per request, in its trace. Probes are frequent, so they are logged at debug level. */
export function logRequest(log: ProcessLog, request: FastifyRequest, reply: FastifyReply): void {
  const { method, routeOptions, account, cause } = request;
  const route = routeOptions.url ?? 'no route';
  const [status, ms] = [reply.statusCode, Math.round(reply.elapsedTime)];
  const trace = cause?.traceparent ? traceFields(cause.traceparent) : {};
  const line: RequestLine = {
    context: 'http',
    method,
    route,
    status,
    ms,
    ...(account ? { account: account.id } : {}),
    ...trace,
    msg: `${method} ${route} ${status} ${ms} ms`,
  };
  log.request(route.startsWith('/health') ? 'debug' : 'info', line);
}
