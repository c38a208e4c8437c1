import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Observable, tap } from 'rxjs';
import { encodeToken } from './own-writes.js';

/** Names the events of a write in the Consistency-Token of its answer. */
@Injectable()
export class OwnWritesInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const { cause } = http.getRequest<FastifyRequest>();
    return next.handle().pipe(
      tap(() => {
        if (cause && cause.emitted.length > 0) {
          http.getResponse<FastifyReply>().header('consistency-token', encodeToken(cause.emitted));
        }
      }),
    );
  }
}
