import type { FastifyReply, FastifyRequest } from 'fastify';
import { traceFields } from '../tracing/trace.js';
import type { ProcessLog } from './logger.js';

/** What is logged of a request: never its path, query, headers or body. */
export interface RequestLine {
  readonly method: string;
  /** The template, such as /v1/posts/:id. */
  readonly route: string;
  readonly status: number;
  /** Milliseconds until the response was sent. */
  readonly ms: number;
  /** Id of the account of its access token. */
  readonly account: string | undefined;
  /** The id of the span only if it is recorded. */
  readonly trace: { readonly traceId: string; readonly spanId?: string } | undefined;
}

/** One line per request, in its trace. Probes are frequent, so they are logged at debug level. */
export function logRequest(log: ProcessLog, request: FastifyRequest, reply: FastifyReply): void {
  const { method, routeOptions, account, cause } = request;
  const route = routeOptions.url ?? 'no route';
  const [status, ms] = [reply.statusCode, Math.round(reply.elapsedTime)];
  const trace = cause?.traceparent ? traceFields(cause.traceparent) : undefined;
  log.request(route.startsWith('/health') ? 'debug' : 'info', {
    method,
    route,
    status,
    ms,
    account: account?.id,
    trace,
  });
}

const quoted = new Map<string, string>();

/**
 * The fields of a line as JSON, without braces. Routes are escaped, once each; methods are those that Node accepts, and
 * ids are hexadecimal digits.
 */
export function fieldsOf({ method, route, status, ms, account, trace }: RequestLine): string {
  let json = quoted.get(route);
  if (json === undefined) quoted.set(route, (json = JSON.stringify(route)));
  const caller = account === undefined ? '' : `,"account":"${account}"`;
  const span = trace?.spanId === undefined ? '' : `,"spanId":"${trace.spanId}"`;
  const traced = trace === undefined ? '' : `,"traceId":"${trace.traceId}"${span}`;
  const message = `"${method} ${json.slice(1, -1)} ${status} ${ms} ms"`;
  return `"context":"http","method":"${method}","route":${json},"status":${status},"ms":${ms}${caller}${traced},"msg":${message}`;
}
