import { applyDecorators, type CanActivate, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiSecurity } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AccessTokens } from './access-tokens.js';
import { RateLimits } from './rate-limits.js';
import { runtimeErrors } from './runtime.errors.js';

const ANONYMOUS = 'anonymous';

/** The route may be used without an access token. One that is sent must be valid all the same. */
export const Anonymous = () => applyDecorators(SetMetadata(ANONYMOUS, true), ApiSecurity({}));

/** Finds out who is asking, and counts the request for that account. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly limits: RateLimits,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    reply.header('vary', 'Authorization');
    const { authorization } = request.headers;
    if (authorization === undefined) {
      if (this.reflector.getAllAndOverride<boolean>(ANONYMOUS, [context.getHandler(), context.getClass()])) return true;
      throw runtimeErrors.UNAUTHENTICATED();
    }
    const [, token] = /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization) ?? [];
    if (!token) throw runtimeErrors.TOKEN_INVALID('Authorization must be "Bearer" and an access token.');
    request.account = await this.tokens.verify(token);
    await this.limits.countAccount(request.account.id, reply);
    return true;
  }
}
