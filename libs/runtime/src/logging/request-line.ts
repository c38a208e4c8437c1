import { traceFields } from '../tracing/trace.js';
import type { AnsweredRequest } from './answered-request.js';
import type { ProcessLog } from './logger.js';

/** One line per request, in its trace. Probes are frequent, so they are logged at debug level. */
export function logRequest(log: ProcessLog, request: AnsweredRequest): void {
  log.request(request.route?.startsWith('/health') ? 'debug' : 'info', request);
}

const quoted = new Map<string, string>();

/**
 * The fields of a line as JSON, without braces. Routes are escaped, once each; methods are those that Node accepts, and
 * ids are hexadecimal digits.
 */
export function fieldsOf({ method, route = 'no route', status, ms, account, traceparent }: AnsweredRequest): string {
  const whole = Math.round(ms);
  const trace = traceparent ? traceFields(traceparent) : undefined;
  let json = quoted.get(route);
  if (json === undefined) quoted.set(route, (json = JSON.stringify(route)));
  const caller = account === undefined ? '' : `,"account":"${account}"`;
  const span = trace?.spanId === undefined ? '' : `,"spanId":"${trace.spanId}"`;
  const traced = trace === undefined ? '' : `,"traceId":"${trace.traceId}"${span}`;
  const message = `"${method} ${json.slice(1, -1)} ${status} ${whole} ms"`;
  return `"context":"http","method":"${method}","route":${json},"status":${status},"ms":${whole}${caller}${traced},"msg":${message}`;
}
