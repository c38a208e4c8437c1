import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const EXPOSED =
  'ETag, Location, Link, Consistency-Token, X-Trace-Id, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, Allow, ' +
  'Accept-Patch, Idempotency-Replayed';
const ALLOWED_HEADERS =
  'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Consistency-Token, traceparent, Last-Event-ID';
const ALLOWED_METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const PREFLIGHT_SECONDS = 600;

/** Policy for Swagger UI, which has inline styles but no inline scripts, and images as data URLs in its style sheet. */
const PAGE_POLICY = `default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/**
 * Adds the headers for browsers to every response: caching, content type sniffing, Content-Security-Policy and CORS. A
 * preflight is answered here, before it counts against a rate limit.
 */
export function addBrowserHeaders(server: FastifyInstance, origins: readonly string[]): void {
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-content-type-options', 'nosniff');
    // Uses the matched route, because a path can be written in several ways.
    const path = request.routeOptions.url ?? request.url;
    if (path.startsWith('/v1')) addApiHeaders(request, reply, origins);
    else if (path.startsWith('/docs')) reply.header('content-security-policy', PAGE_POLICY);
    else if (path.startsWith('/.well-known/jwks.json')) reply.header('access-control-allow-origin', '*');
    if (isPreflight(request) && reply.hasHeader('access-control-allow-origin')) sendPreflightResponse(reply);
    else done();
  });
}

function addApiHeaders(request: FastifyRequest, reply: FastifyReply, origins: readonly string[]): void {
  const { authorization, origin } = request.headers;
  reply.header('cache-control', authorization === undefined ? 'no-cache' : 'private, no-cache');
  reply.header('vary', origins.length > 0 ? 'Authorization, Origin' : 'Authorization');
  if (origin === undefined || !origins.includes(origin)) return;
  reply.header('access-control-allow-origin', origin);
  reply.header('access-control-expose-headers', EXPOSED);
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
