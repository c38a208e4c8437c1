import type { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import { resumeCause } from '#events';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CachedReads, type Entered } from '../cached-reads/cached-reads.js';
import { keepAliveHint } from '../cached-reads/raw-response.js';
import { FinalizingAdapter } from './finalize-response.js';
import { ProcessLog } from '../logging/logger.js';
import { logRequest } from '../logging/request-line.js';
import { measureResponse } from '../metrics/http-metrics.js';
import { Lifecycle } from '../process/lifecycle.js';
import { isOperation, separateOperations } from './operations-port.js';
import { problemOf, sendProblem } from '../problems/problem.filter.js';
import { startRequestSpan } from '../tracing/request-spans.js';
import { refuseConnection, refuseProxying } from './refuse-connection.js';
import { createRefusal, findMalformedHead } from './refuse-request.js';
import { RateLimits } from './rate-limits.js';
import { RouteTable } from './route-table.js';
import { runtimeErrors } from '../problems/runtime.errors.js';
import type { RuntimeSettings } from '../settings/settings.js';
import { TrustedProxies } from '../settings/trusted-proxies.js';
import { addBrowserHeaders, browserHeaders } from './browser-headers.js';
import { findBodyProblem } from '../validation/body-bounds.js';
import { Overload } from './overload.js';
import { causeOf, traceIdOf } from '../tracing/trace.js';

const MIB = 1_048_576;

export function createAdapter(name: string, settings: RuntimeSettings): FastifyAdapter {
  return new FinalizingAdapter({
    bodyLimit: MIB,
    // Bounds how long a slow or incomplete request occupies a connection.
    requestTimeout: 30_000,
    // A missing Host is refused by a hook, with a problem.
    http: { headersTimeout: 10_000, requireHostHeader: false },
    clientErrorHandler: (error, socket) => refuseConnection(name, error, socket),
    routerOptions: { maxParamLength: 500 },
    trustProxy: settings.TRUSTED_PROXIES.length > 0 ? settings.TRUSTED_PROXIES : false,
    // During shutdown, requests in flight are still answered; new connections are refused, because the port is closed.
    return503OnClosing: false,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      assignTrace(request, reply, { cause: causeOf(request.headers?.traceparent, undefined), traced: undefined });
      reply.headers({ 'x-served-by': name, ...browserHeaders(request.url, request.headers, settings.CORS_ORIGINS) });
      sendProblem(problemOf(error), request, reply);
    },
  });
}

/** Registers the parsers and hooks that apply to every request. Call it before the application listens. */
export function prepareServer(app: NestFastifyApplication, name: string, settings: RuntimeSettings): void {
  const server = app.getHttpAdapter().getInstance();
  const limits = app.get(RateLimits);
  const lifecycle = app.get(Lifecycle);
  const log = app.get(ProcessLog);
  const routes = app.get(RouteTable);
  routes.observe(server);
  readJsonOnly(server);
  refuseProxying(name, server.server);
  const proxies = app.get(TrustedProxies);
  const cachedReads = app.get(CachedReads);
  server.addHook('onRequest', (request, reply, done) => {
    assignTrace(request, reply, cachedReads.enteredAs(request.raw) ?? enter(request, reply, name, proxies));
    reply.header('x-served-by', name);
    resumeRequest(request, done);
  });
  addBrowserHeaders(server, settings.CORS_ORIGINS);
  cachedReads.observe(server.server, name);
  app.get(Overload).observe(server, name, createRefusal(name, settings.CORS_ORIGINS, lifecycle));
  // Without this, Node would answer by itself.
  server.server.on('checkExpectation', (request, response) => server.server.emit('request', request, response));
  server.addHook('onRequest', (request, _reply, done) => done(findMalformedHead(request)));
  if (settings.OPS_PORT) separateOperations(server, settings.OPS_PORT);
  server.addHook('onRequest', (request, _reply, done) => done(routes.problemOfShadowed(request)));
  server.addHook('onRequest', async (request, reply) => {
    // Uses the matched route, because a path can be written in several ways. A request without a route counts too.
    if (request.routeOptions.url?.startsWith('/v1') ?? true) await limits.countAddress(request.ip, reply);
  });
  // Reading a body loses the asynchronous context; restore it for the route.
  server.addHook('preHandler', (request, _reply, done) => resumeRequest(request, done));
  // During shutdown, close each connection after its response: a keep-alive connection would keep the process running.
  const idle = keepAliveHint(settings);
  server.addHook('onSend', (_request, reply, _payload, done) => {
    if (lifecycle.draining) reply.header('connection', 'close');
    // Read and discard the rest of a body that is too large: closing the connection at once could lose the response.
    else if (reply.statusCode === 413) reply.removeHeader('connection');
    else if (idle && reply.raw.shouldKeepAlive && reply.getHeader('connection') !== 'close')
      reply.header('keep-alive', idle);
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    const answered = {
      method: request.method,
      route: request.routeOptions.url,
      service: request.routeOptions.config.service ?? name,
      status: reply.statusCode,
      ms: reply.elapsedTime,
      account: request.account?.id,
      traceparent: request.cause?.traceparent,
    };
    logRequest(log, answered);
    measureResponse(answered);
    done();
  });
}

/** Requests of operators are not traced. */
function enter(request: FastifyRequest, reply: FastifyReply, name: string, proxies: TrustedProxies): Entered {
  const { url: route, config } = request.routeOptions;
  const entered = { route, service: config.service ?? name };
  const traced = isOperation(request) ? undefined : startRequestSpan(request.raw, reply.raw, entered, proxies);
  return { cause: causeOf(request.headers.traceparent, traced), traced };
}

function assignTrace(request: FastifyRequest, reply: FastifyReply, { cause, traced }: Entered): void {
  request.cause = cause;
  if (traced) request.span = traced.span;
  reply.header('x-trace-id', traceIdOf(request));
}

function resumeRequest(request: FastifyRequest, done: () => void): void {
  if (request.cause) resumeCause(request.cause, done);
  else done();
}

function readJsonOnly(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const parse = server.getDefaultJsonParser('error', 'error');
  const types = ['application/json', 'application/merge-patch+json'];
  server.addContentTypeParser(types, { parseAs: 'buffer' }, (request, body, done) => {
    // Many clients send a Content-Type even without a body, for example to POST …/publish.
    if (body.length === 0) return done(null, undefined);
    const refusal =
      findMediaProblem(request) ?? findBodyProblem(request.routeOptions.url ?? request.url, body as Buffer);
    if (refusal) return done(refusal);
    request.rawBody = body as Buffer;
    try {
      void parse(request, decoder.decode(body as Buffer), (error, value) =>
        done(error ? runtimeErrors.MALFORMED_REQUEST('The body is not valid JSON.') : null, value),
      );
    } catch {
      done(runtimeErrors.MALFORMED_REQUEST('The body is not UTF-8.'));
    }
  });
}

/** The parameter of a Content-Type; others may hold anything in quotes. */
function charsetIn(type: string): string {
  for (const [, name = '', value = ''] of type.matchAll(/;\s*([^\s;=]+)=("(?:[^"\\]|\\.)*"|[^;]*)/g))
    if (name.toLowerCase() === 'charset') return value.replaceAll('"', '').trim();
  return 'utf-8';
}

/** Why a body of JSON cannot be read as what its headers say. */
function findMediaProblem({ method, headers }: FastifyRequest) {
  const { 'content-encoding': encoding = 'identity', 'content-type': type = '' } = headers;
  const charset = charsetIn(type);
  if (!/^(?:identity)?$/i.test(encoding.trim()))
    return runtimeErrors.UNSUPPORTED_MEDIA_TYPE('Send the body without Content-Encoding.');
  if (!/^utf-?8$/i.test(charset)) return runtimeErrors.UNSUPPORTED_MEDIA_TYPE('Send the body in UTF-8.');
  if (/^application\/merge-patch\+json/i.test(type) && method !== 'PATCH')
    return runtimeErrors.UNSUPPORTED_MEDIA_TYPE('A merge patch is accepted with PATCH only.');
  return undefined;
}
