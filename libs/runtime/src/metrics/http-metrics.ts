import { counter, distribution } from '#telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isOperation } from '../http/operations-port.js';

const duration = distribution('http_server_request_duration_seconds', 'Time to answer a request, by route.', [
  'service',
  'http_request_method',
  'http_route',
  'http_response_status_code',
]);

export const shed = counter('twofold_requests_shed_total', 'Requests that were refused because of an overload.', [
  'service',
]);

export const rateLimited = counter('twofold_rate_limited_total', 'Requests that were refused by a rate limit.', [
  'limit',
]);

/** Any other method is one value, because clients may invent methods. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Measures a response, except those for operators. `process` is the service of a request without a route. */
export function measureResponse(request: FastifyRequest, reply: FastifyReply, process: string): void {
  if (isOperation(request)) return;
  const { method, routeOptions, cause } = request;
  const labels = {
    service: routeOptions.config.service ?? process,
    http_request_method: methods.has(method) ? method : '_OTHER',
    http_route: routeOptions.url ?? 'none',
    http_response_status_code: String(reply.statusCode),
  };
  duration.observe(labels, reply.elapsedTime / 1_000, cause?.traceparent);
}
