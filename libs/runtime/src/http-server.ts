import { Logger } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { resumeCause, withCause, currentCause } from '#events';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Lifecycle } from './lifecycle.js';
import { problemOf, sendProblem } from './problem.filter.js';
import { RateLimits } from './rate-limits.js';
import { RouteTable } from './route-table.js';
import { runtimeErrors } from './runtime.errors.js';
import type { RuntimeSettings } from './settings.js';
import { continueTrace, traceIdOf } from './trace.js';

const MIB = 1_048_576;
const logger = new Logger('http');

export function createAdapter(settings: RuntimeSettings): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: MIB,
    routerOptions: { maxParamLength: 500 },
    trustProxy: settings.TRUSTED_PROXIES.length > 0 ? settings.TRUSTED_PROXIES : false,
    // During shutdown requests in hand are still answered; new ones find the port closed.
    return503OnClosing: false,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      startTrace(request, reply);
      sendProblem(problemOf(error), request, reply);
    },
  });
}

/** What holds for every request before any route is looked at. Call it before the application listens. */
export function prepareServer(app: NestFastifyApplication): void {
  const server = app.getHttpAdapter().getInstance();
  const limits = app.get(RateLimits);
  const lifecycle = app.get(Lifecycle);
  app.get(RouteTable).observe(server);
  readJsonOnly(server);
  server.addHook('onRequest', (request, reply, done) => {
    startTrace(request, reply);
    goOn(request, done);
  });
  server.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith('/v1/')) await limits.countAddress(request, reply);
  });
  // Reading a body loses the asynchronous context; the route gets it back.
  server.addHook('preHandler', (request, _reply, done) => goOn(request, done));
  // Of a process that stops, a connection ends with the answer in hand; kept alive, it would keep the process alive.
  server.addHook('onSend', (_request, reply, _payload, done) => {
    if (lifecycle.draining) reply.header('connection', 'close');
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    logAnswer(request, reply);
    done();
  });
}

function startTrace(request: FastifyRequest, reply: FastifyReply): void {
  const traceparent = continueTrace(request.headers?.traceparent);
  withCause({ traceparent, causationId: null }, () => {
    const cause = currentCause();
    if (cause) request.cause = cause;
  });
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
  const log = () =>
    logger.log(
      `${method} ${route} ${reply.statusCode} ${Math.round(reply.elapsedTime)} ms${account ? ` ${account.id}` : ''}`,
    );
  if (request.cause) resumeCause(request.cause, log);
  else log();
}
