import type { IncomingMessage, RequestListener } from 'node:http';
import { browserHeaders } from './browser-headers.js';
import type { Lifecycle } from '../process/lifecycle.js';
import { continueTrace, traceIdIn } from '../tracing/trace.js';
import { problemBody } from '../problems/problem.js';
import { runtimeErrors } from '../problems/runtime.errors.js';

/** Made once: an error records its stack, which takes almost as long as the write to the socket. */
const overloaded = runtimeErrors.OVERLOADED();

/**
 * Answers a request that is refused because of an overload, before Fastify sees it. The response has the headers that
 * every response has. It is written to the socket at once, and keeps the connection open: a client that had to connect
 * again for its next request would cost more than the refusal.
 */
export function createRefusal(name: string, origins: readonly string[], lifecycle: Lifecycle): RequestListener {
  return (request: IncomingMessage, response) => {
    const { url = '', headers } = request;
    const traceId = traceIdIn(continueTrace(headers.traceparent));
    const body = JSON.stringify(problemBody(overloaded, url, traceId));
    response.writeHead(overloaded.definition.status, {
      'x-trace-id': traceId,
      'x-served-by': name,
      ...browserHeaders(url, headers, origins),
      ...(lifecycle.draining ? { connection: 'close' } : {}),
      'retry-after': '1',
      'content-type': 'application/problem+json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  };
}
