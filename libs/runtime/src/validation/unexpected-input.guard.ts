import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { ROUTE_ARGS_METADATA, RouteParamtypes } from '@nestjs/common/internal';
import type { FastifyRequest } from 'fastify';
import { isSafe } from '../http/versioned.js';
import { pointer } from './field-errors.js';
import { invalid } from './validation.js';

/** Refuses a body or query parameters on a route that does not take any, as unknown ones are refused elsewhere. */
@Injectable()
export class UnexpectedInputGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { body, rawBody, query, headers } = request;
    // The body of a GET is not read. `{}` is none.
    const hasBody = 'transfer-encoding' in headers || Number(headers['content-length'] ?? 0) > 2;
    if (
      (isSafe(request) && hasBody) ||
      (rawBody !== undefined && !isEmpty(body) && !takes(context, RouteParamtypes.BODY))
    )
      throw invalid([{ in: 'body', path: '', code: 'unknown', message: 'this route takes no body' }]);
    const names = Object.keys(query as object);
    if (names.length === 0 || takes(context, RouteParamtypes.QUERY)) return true;
    throw invalid(
      names.slice(0, 50).map((name) => {
        return { in: 'query', path: pointer('query', [name]), code: 'unknown', message: 'is not known' };
      }),
    );
  }
}

function isEmpty(body: unknown): boolean {
  return typeof body === 'object' && body !== null && !Array.isArray(body) && Object.keys(body).length === 0;
}

function takes(context: ExecutionContext, kind: RouteParamtypes): boolean {
  const parameters = Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), context.getHandler().name) as object;
  return Object.keys(parameters ?? {}).some((key) => key.startsWith(`${kind}:`));
}
