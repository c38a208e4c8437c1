import type { IncomingMessage, ServerResponse } from 'node:http';
import { browserHeaders } from '../http/browser-headers.js';
import { type Problem, problemBody } from '../problems/problem.js';
import type { RuntimeSettings } from '../settings/settings.js';

/** The headers that every response has, for one that is sent without Fastify. `path` is that of the route, if it is known. */
export function commonHeaders(
  { headers }: IncomingMessage,
  path: string,
  name: string,
  traceId: string,
  origins: readonly string[],
): Record<string, string> {
  const common = browserHeaders(path, headers, origins);
  common['x-trace-id'] = traceId;
  common['x-served-by'] = name;
  return common;
}

/** Answers a request with a problem, without Fastify. `headers` are those that every response has, and maybe more. */
export function sendRawProblem(
  problem: Problem,
  { url = '' }: IncomingMessage,
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
): void {
  const body = JSON.stringify(problemBody(problem, url, headers['x-trace-id'] ?? ''));
  response.writeHead(problem.definition.status, {
    ...headers,
    ...problem.extras.headers,
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/**
 * A client could reuse an idle connection just as it is closed. It is asked to give it up sooner than a shutdown takes;
 * undefined if a shutdown does not wait.
 */
export function keepAliveHint({ DRAIN_DELAY }: Pick<RuntimeSettings, 'DRAIN_DELAY'>): string | undefined {
  return DRAIN_DELAY > 0 ? `timeout=${Math.max(1, DRAIN_DELAY - 1)}` : undefined;
}
