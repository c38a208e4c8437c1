import { Logger } from '@nestjs/common';
import type { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import { newCause, resumeCause } from '#events';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { FinishingAdapter } from './finalize-response.js';
import { Lifecycle } from '../process/lifecycle.js';
import { keepApart } from './operations-port.js';
import { problemOf, sendProblem } from '../problems/problem.filter.js';
import { refuseConnection } from './refuse-connection.js';
import { RateLimits } from './rate-limits.js';
import { RouteTable } from './route-table.js';
import { runtimeErrors } from '../problems/runtime.errors.js';
import type { RuntimeSettings } from '../settings/settings.js';
import { addBrowserHeaders } from './browser-headers.js';
import { faultOfBody } from '../validation/body-bounds.js';
import { Overload } from './overload.js';
import { continueTrace, traceIdOf } from '../process/trace.js';

const MIB = 1_048_576;
const logger = new Logger('http');

export function createAdapter(settings: RuntimeSettings): FastifyAdapter {
  return new FinishingAdapter({
    bodyLimit: MIB,
    // A client that sends slowly, or half, holds nothing for long.
    requestTimeout: 30_000,
    http: { headersTimeout: 10_000 },
    clientErrorHandler: refuseConnection,
    routerOptions: { maxParamLength: 500 },
    trustProxy: settings.TRUSTED_PROXIES.length > 0 ? settings.TRUSTED_PROXIES : false,
    // During shutdown requests in hand are still answered; new ones find the port closed.
    return503OnClosing: false,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      startTrace(request, reply);
      reply.header('x-content-type-options', 'nosniff').header('cache-control', 'no-cache');
      sendProblem(problemOf(error), request, reply);
    },
  });
}

/** What holds for every request before any route is looked at. Call it before the application listens. */
export function prepareServer(app: NestFastifyApplication, name: string, settings: RuntimeSettings): void {
  const server = app.getHttpAdapter().getInstance();
  const limits = app.get(RateLimits);
  const lifecycle = app.get(Lifecycle);
  app.get(RouteTable).observe(server);
  readJsonOnly(server);
  server.addHook('onRequest', (request, reply, done) => {
    startTrace(request, reply);
    reply.header('x-served-by', name);
    goOn(request, done);
  });
  addBrowserHeaders(server, settings.CORS_ORIGINS);
  app.get(Overload).observe(server);
  if (settings.OPS_PORT) keepApart(server, settings.OPS_PORT);
  server.addHook('onRequest', async (request, reply) => {
    // By the route that was found, since an address can be written in many ways; and what finds none counts too.
    if (request.routeOptions.url?.startsWith('/v1') ?? true) await limits.countAddress(request, reply);
  });
  // Reading a body loses the asynchronous context; the route gets it back.
  server.addHook('preHandler', (request, _reply, done) => goOn(request, done));
  // Of a process that stops, a connection ends with the answer in hand; kept alive, it would keep the process alive.
  server.addHook('onSend', (_request, reply, _payload, done) => {
    if (lifecycle.draining) reply.header('connection', 'close');
    // The rest of a body that is too large is read and thrown away: closed at once, the answer to it could be lost.
    else if (reply.statusCode === 413) reply.removeHeader('connection');
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    logAnswer(request, reply);
    done();
  });
}

function startTrace(request: FastifyRequest, reply: FastifyReply): void {
  const traceparent = continueTrace(request.headers?.traceparent);
  request.cause = newCause({ traceparent, causationId: null });
  reply.header('x-trace-id', traceIdOf(request));
}

function goOn(request: FastifyRequest, done: () => void): void {
  if (request.cause) resumeCause(request.cause, done);
  else done();
}

function readJsonOnly(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const parse = server.getDefaultJsonParser('error', 'error');
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    // Many clients name the type even when they send nothing, as to POST …/publish.
    if (body.length === 0) return done(null, undefined);
    const { 'content-encoding': encoding = 'identity' } = request.headers;
    if (encoding !== 'identity')
      return done(runtimeErrors.UNSUPPORTED_MEDIA_TYPE('Send the body without Content-Encoding.'));
    const fault = faultOfBody(request.routeOptions.url ?? request.url, body as Buffer);
    if (fault) return done(fault);
    request.rawBody = body as Buffer;
    try {
      void parse(request, decoder.decode(body as Buffer), done);
    } catch {
      done(runtimeErrors.MALFORMED_REQUEST('The body is not UTF-8.'));
    }
  });
}

function logAnswer(request: FastifyRequest, reply: FastifyReply): void {
  const { method, routeOptions, account } = request;
  const route = routeOptions.url ?? 'no route';
  const line = `${method} ${route} ${reply.statusCode} ${Math.round(reply.elapsedTime)} ms${account ? ` ${account.id}` : ''}`;
  // Whoever watches the process asks all day long.
  const log = () => (route.startsWith('/health') ? logger.debug(line) : logger.log(line));
  if (request.cause) resumeCause(request.cause, log);
  else log();
}
