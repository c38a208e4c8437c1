import { counter, distribution } from '#telemetry';
import { isOperationsPath } from '../http/operations-port.js';
import type { AnsweredRequest } from '../logging/answered-request.js';

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

/** Measures a response, except those for operators. */
export function measureResponse({ service, method, route = 'none', status, ms, traceparent }: AnsweredRequest): void {
  if (isOperationsPath(route)) return;
  const labels = {
    service,
    http_request_method: methods.has(method) ? method : '_OTHER',
    http_route: route,
    http_response_status_code: String(status),
  };
  duration.observe(labels, ms / 1_000, traceparent);
}
