import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const EXPOSED =
  'ETag, Location, Link, Consistency-Token, X-Trace-Id, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, Allow, ' +
  'Accept-Patch, Idempotency-Replayed';
const ALLOWED_HEADERS =
  'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Consistency-Token, traceparent, Last-Event-ID';
export const ALLOWED_METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const PREFLIGHT_SECONDS = 600;

/** Policy for Swagger UI, which has inline styles but no inline scripts, and images as data URLs in its style sheet. */
const PAGE_POLICY = `default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/**
 * Adds the headers for browsers to every response: caching, content type sniffing, Content-Security-Policy and CORS. A
 * preflight is answered here, before it counts against a rate limit.
 */
export function addBrowserHeaders(server: FastifyInstance, origins: readonly string[]): void {
  server.addHook('onRequest', (request, reply, done) => {
    // Uses the matched route, because a path can be written in several ways.
    reply.headers(browserHeaders(request.routeOptions.url ?? request.url, request.headers, origins));
    if (isPreflight(request) && reply.hasHeader('access-control-allow-origin')) sendPreflightResponse(reply);
    else done();
  });
}

/** The headers for browsers of a response to a request for `path`. */
export function browserHeaders(
  path: string,
  { authorization, origin }: IncomingHttpHeaders,
  origins: readonly string[],
): Record<string, string> {
  const headers: Record<string, string> = { 'x-content-type-options': 'nosniff' };
  if (path.startsWith('/v1')) {
    headers['cache-control'] = authorization === undefined ? 'no-cache' : 'private, no-cache';
    headers['vary'] = origins.length > 0 ? 'Authorization, Origin' : 'Authorization';
    if (origin === undefined || !origins.includes(origin)) return headers;
    headers['access-control-allow-origin'] = origin;
    headers['access-control-expose-headers'] = EXPOSED;
  } else if (path.startsWith('/docs')) headers['content-security-policy'] = PAGE_POLICY;
  else if (path.startsWith('/.well-known/jwks.json')) headers['access-control-allow-origin'] = '*';
  return headers;
}

function sendPreflightResponse(reply: FastifyReply): void {
  void reply
    .headers({
      'access-control-allow-methods': ALLOWED_METHODS,
      'access-control-allow-headers': ALLOWED_HEADERS,
      'access-control-max-age': String(PREFLIGHT_SECONDS),
    })
    .status(204)
    .send();
}

function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && 'access-control-request-method' in headers;
}
