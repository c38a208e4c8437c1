import { SpanKind } from '@opentelemetry/api';
import { currentTracer, failSpan, failSpanAs } from './spans.js';
import { traceparentOf } from './trace-context.js';

const standardPorts = new Map([
  ['http:', 80],
  ['https:', 443],
]);

/**
 * `fetch` with a span in the current trace, which the receiver can continue (W3C Trace Context). Outside a recorded trace
 * it only fetches. The span has neither the query nor the credentials of the URL.
 */
export async function tracedFetch(url: string, init: RequestInit = {}): Promise<Response> {
  const tracer = currentTracer();
  if (!tracer) return fetch(url, init);
  const { origin, pathname, hostname, port, protocol } = new URL(url);
  const { method = 'GET' } = init;
  const span = tracer.startSpan(method, {
    kind: SpanKind.CLIENT,
    attributes: {
      'http.request.method': method,
      'url.full': `${origin}${pathname}`,
      'server.address': hostname,
      'server.port': port === '' ? standardPorts.get(protocol) : Number(port),
    },
  });
  const headers = new Headers(init.headers);
  headers.set('traceparent', traceparentOf(span));
  try {
    const response = await fetch(url, { ...init, headers });
    span.setAttribute('http.response.status_code', response.status);
    if (response.status >= 400) failSpanAs(span, String(response.status));
    return response;
  } catch (error) {
    failSpan(span, error);
    throw error;
  } finally {
    span.end();
  }
}
