import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import { isTimeout, isUnavailable, isUnstorableText } from '#database';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem, problemBody } from './problem.js';
import { recordProblem } from '../tracing/request-spans.js';
import { RouteTable } from '../http/route-table.js';
import { runtimeErrors } from './runtime.errors.js';
import { traceIdOf } from '../tracing/trace.js';

const logger = new Logger('http');

/** Maps every error to a problem response. An unexpected error is logged and answered as INTERNAL. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly routes: RouteTable) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    sendProblem(this.toProblem(error, request), request, http.getResponse<FastifyReply>());
  }

  private toProblem(error: unknown, request: FastifyRequest): Problem {
    if (error instanceof HttpException && error.getStatus() === 404) return this.routes.problemOfUnmatched(request);
    return problemOf(error);
  }
}

export function sendProblem(problem: Problem, request: FastifyRequest, reply: FastifyReply): void {
  const { code, status } = problem.definition;
  recordProblem(request.span, code, status);
  for (const name of ['etag', 'location', 'consistency-token', 'content-length']) reply.removeHeader(name);
  if (status === 401) reply.header('www-authenticate', challenge(problem));
  if (status === 503) reply.header('retry-after', '1');
  if (status === 415) {
    reply.header('accept', 'application/json');
    if (request.method === 'PATCH') reply.header('accept-patch', 'application/json, application/merge-patch+json');
  }
  reply.headers({ ...problem.extras.headers });
  const body = problemBody(problem, request.url, traceIdOf(request));
  // Sent as a string, so that the serializer of the route for its success response is not used.
  reply.status(status).header('content-type', 'application/problem+json; charset=utf-8').send(JSON.stringify(body));
}

/** Problems, by status, of requests that Fastify or Nest refuses before they reach a route. */
const frameworkProblems = new Map([
  [404, runtimeErrors.ROUTE_NOT_FOUND],
  [413, runtimeErrors.BODY_TOO_LARGE],
  [414, runtimeErrors.URL_TOO_LONG],
  [415, runtimeErrors.UNSUPPORTED_MEDIA_TYPE],
]);

/** What is said of a request that Fastify cannot read: its own messages speak to the developer of a server. */
const malformed = new Map([
  ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', 'The body is not as long as Content-Length says.'],
  ['FST_ERR_BAD_URL', 'The path is not valid.'],
]);

/** Maps any error to a problem, without exposing internal details. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isUnavailable(error) || isTimeout(error)) {
    logger.warn(`Answered 503: ${(error as Error).message}`);
    return runtimeErrors.UNAVAILABLE();
  }
  if (isUnstorableText(error)) return runtimeErrors.MALFORMED_REQUEST('It contains characters that cannot be stored.');
  const { statusCode } = error as { statusCode?: number };
  const status = error instanceof HttpException ? error.getStatus() : (statusCode ?? 500);
  const byStatus = frameworkProblems.get(status);
  if (byStatus) return byStatus();
  if (status < 500) return runtimeErrors.MALFORMED_REQUEST(malformed.get((error as { code?: string }).code ?? ''));
  logger.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return runtimeErrors.INTERNAL('The error has been logged with the traceId.');
}

const tokenProblems = new Set(['TOKEN_INVALID', 'SESSION_ENDED']);

function challenge({ definition, detail }: Problem): string {
  if (!tokenProblems.has(definition.code)) return 'Bearer';
  return `Bearer error="invalid_token", error_description="${detail.replaceAll('"', "'")}"`;
}
