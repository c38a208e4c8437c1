import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

export const roles = ['reader', 'author', 'editor', 'admin'] as const;
export type Role = (typeof roles)[number];

/** The authenticated caller of a request. */
export interface CurrentAccount {
  readonly id: string;
  readonly role: Role;
  readonly sessionId: string;
}

export function hasRole(account: CurrentAccount, atLeast: Role): boolean {
  return roles.indexOf(account.role) >= roles.indexOf(atLeast);
}

/** The caller: `CurrentAccount` where the route needs one, `CurrentAccount | undefined` on an `@Allows('read')` route. */
export const Account = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<FastifyRequest>().account,
);
