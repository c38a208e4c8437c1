import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { refuseConnection, refuseProxying } from './refuse-connection.js';
import { runtimeErrors } from '../problems/runtime.errors.js';
import type { RuntimeSettings } from '../settings/settings.js';

/** Routes for operators, not for clients of the API. */
const operations = /^\/(health|metrics|log-level|traces|docs|openapi|asyncapi)\b/;

export function isOperation({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url !== undefined && isOperationsPath(routeOptions.url);
}

/** `path` may have a query. */
export function isOperationsPath(path: string): boolean {
  return operations.test(path);
}

/**
 * Whether a program on the same machine has sent the request itself. A proxy on this machine forwards those of others, and
 * a web page may resolve a name of its own to this machine.
 */
export function isLocal({ socket, headers }: Pick<FastifyRequest, 'socket' | 'headers'>): boolean {
  const address = socket.remoteAddress ?? '';
  const isForwarded = 'forwarded' in headers || 'x-forwarded-for' in headers || 'via' in headers;
  const isNamedLocally = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(headers.host ?? '');
  return !isForwarded && isNamedLocally && (/^(::ffff:)?127\./.test(address) || address === '::1');
}

/** Throws ROUTE_NOT_FOUND, unless the request came to OPS_PORT or, without one, from a program on the same machine. */
export function assertOperator(
  request: Pick<FastifyRequest, 'socket' | 'headers'>,
  { OPS_PORT }: Pick<RuntimeSettings, 'OPS_PORT'>,
): void {
  if (!OPS_PORT && !isLocal(request)) throw runtimeErrors.ROUTE_NOT_FOUND();
}

/** Serves the process on a second port too, until the server is closed. `separateOperations` separates the routes. */
export async function serveOperations(
  app: NestFastifyApplication,
  name: string,
  port: number,
  host: string,
): Promise<Server> {
  const server = app.getHttpAdapter().getInstance();
  const second = createServer({ requireHostHeader: false }, (request, response) => server.routing(request, response));
  second.on('checkExpectation', (request, response) => server.routing(request, response));
  refuseProxying(name, second);
  second.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseConnection(name, error, socket as Socket));
  await once(second.listen(port, host), 'listening');
  return second.unref();
}

/** Serves operations routes only on the operations port, and all other routes only on the API port; else 404. */
export function separateOperations(server: FastifyInstance, port: number): void {
  server.addHook('onRequest', (request, _reply, done) => {
    const here = request.socket.localPort === port;
    const route = request.routeOptions.url;
    done(route === undefined || isOperationsPath(route) === here ? undefined : runtimeErrors.ROUTE_NOT_FOUND());
  });
}
