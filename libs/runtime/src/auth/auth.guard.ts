import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AccessControl } from '../access/access-control.js';
import { may, type Permission, PERMISSION } from '../access/policy.js';
import { AccessTokens } from './access-tokens.js';
import { RateLimits } from '../http/rate-limits.js';
import { runtimeErrors } from '../problems/runtime.errors.js';

/** Authenticates the caller, counts the request against the account's rate limit, and enforces the access policy. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly access: AccessControl,
    private readonly limits: RateLimits,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const permission = this.reflector.get<Permission | undefined>(PERMISSION, context.getHandler()) ?? 'participate';
    const { authorization } = request.headers;
    if (authorization === undefined) {
      if (may(undefined, permission)) return true;
      throw runtimeErrors.UNAUTHENTICATED();
    }
    const token = bearerOf(authorization);
    if (!token) throw runtimeErrors.TOKEN_INVALID('Authorization must be "Bearer" followed by an access token.');
    request.account = await this.access.check(await this.tokens.verify(token));
    await this.limits.countAccount(request.account.id, reply);
    if (!may(request.account, permission)) throw runtimeErrors.FORBIDDEN();
    return true;
  }
}

/** The token of an Authorization header, if it has one. */
export function bearerOf(authorization: string): string | undefined {
  return /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization)?.[1];
}
