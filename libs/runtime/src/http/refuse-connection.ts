import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { type Problem, problemBody } from '../problems/problem.js';
import { runtimeErrors } from '../problems/runtime.errors.js';
import { newTraceId } from '../tracing/trace.js';
import { ALLOWED_METHODS } from './browser-headers.js';

/** Answers, for the process `name`, a request that the HTTP server refused before any hook could run, and closes the connection. */
export function refuseConnection(name: string, error: { readonly code?: string | undefined }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const { problem, reason } = refusals[error.code ?? ''] ?? {
    problem: runtimeErrors.MALFORMED_REQUEST(),
    reason: 'Bad Request',
  };
  const traceId = newTraceId();
  const allow = problem.extras.headers?.['allow'];
  const body = JSON.stringify(problemBody(problem, '/', traceId));
  socket.end(
    `HTTP/1.1 ${problem.definition.status} ${reason}\r\nContent-Type: application/problem+json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-cache\r\nVary: Authorization\r\nX-Served-By: ${name}\r\nX-Trace-Id: ${traceId}\r\nConnection: close\r\n${allow ? `Allow: ${allow}\r\n` : ''}\r\n${body}`,
  );
}

const CONNECT = 'CONNECT';

/** Answers the method CONNECT, of which node:http would only close the connection. */
export function refuseProxying(name: string, server: Server): void {
  server.on('connect', (_request, socket: Socket) => {
    // The server has given the socket away: it neither handles its errors nor closes it at the shutdown.
    socket.on('error', () => socket.destroy());
    refuseConnection(name, { code: CONNECT }, socket);
    socket.destroySoon();
  });
}

const refusals: Record<string, { readonly problem: Problem; readonly reason: string }> = {
  HPE_HEADER_OVERFLOW: { problem: runtimeErrors.HEADERS_TOO_LARGE(), reason: 'Request Header Fields Too Large' },
  [CONNECT]: {
    problem: runtimeErrors.METHOD_NOT_ALLOWED('This server is not a proxy.', {
      headers: { allow: `${ALLOWED_METHODS}, OPTIONS` },
    }),
    reason: 'Method Not Allowed',
  },
  ERR_HTTP_REQUEST_TIMEOUT: { problem: runtimeErrors.REQUEST_TIMEOUT(), reason: 'Request Timeout' },
};
