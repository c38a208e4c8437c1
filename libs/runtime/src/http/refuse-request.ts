import type { IncomingMessage, RequestListener } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { commonHeaders, sendRawProblem } from '../cached-reads/raw-response.js';
import type { Lifecycle } from '../process/lifecycle.js';
import { continueTrace, traceIdIn } from '../tracing/trace.js';
import type { Problem } from '../problems/problem.js';
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
    const traceId = traceIdIn(continueTrace(request.headers.traceparent));
    sendRawProblem(overloaded, request, response, {
      ...commonHeaders(request, request.url ?? '', name, traceId, origins),
      ...(lifecycle.draining ? { connection: 'close' } : {}),
      'retry-after': '1',
    });
  };
}

/** What is wrong with the head of a request, of what Node would refuse with a response of its own, or leave as it is. */
export function findMalformedHead({ headers, raw, url }: FastifyRequest): Problem | undefined {
  if (raw.httpVersion === '1.1' && headers.host === undefined)
    return runtimeErrors.MALFORMED_REQUEST('A request of HTTP/1.1 must have a Host header.');
  if (headers.expect !== undefined && !/^100-continue$/i.test(headers.expect))
    return runtimeErrors.EXPECTATION_FAILED('Only 100-continue can be expected.');
  const query = url.indexOf('?');
  return query >= 0 && !isDecodable(url.slice(query))
    ? runtimeErrors.MALFORMED_REQUEST('The query is not percent-encoded UTF-8.')
    : undefined;
}

function isDecodable(text: string): boolean {
  if (!text.includes('%')) return true;
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
