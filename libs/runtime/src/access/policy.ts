import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension, ApiSecurity } from '@nestjs/swagger';
import { type CurrentAccount, hasRole, type Role } from '../auth/current-account.js';
import { Problems } from '../problems/problem-responses.js';
import { runtimeErrors } from '../problems/runtime.errors.js';

/**
 * The access policy: each permission and the lowest role that has it. The guard, the OpenAPI document and tests use it.
 * An owned resource requires more than a permission: the caller must own it or have `moderate`.
 */
export const policy = {
  /** Read public resources. */
  read: 'anonymous',
  /** Manage own resources, follow and like. */
  participate: 'reader',
  /** Write posts and comments, and change own ones. */
  write: 'author',
  /** Read and change posts and comments of others, drafts included; manage categories. */
  moderate: 'editor',
} as const satisfies Readonly<Record<string, Role | 'anonymous'>>;

export type Permission = keyof typeof policy;

export const PERMISSION = 'permission';

/** The permission that a route requires; without it `participate`. A token that is sent must be valid in any case. */
export function Allows(permission: Permission): MethodDecorator {
  const least = policy[permission];
  return applyDecorators(
    SetMetadata(PERMISSION, permission),
    ApiExtension('x-permission', permission),
    ...(least === 'anonymous' ? [ApiSecurity({})] : []),
    ...(least === 'author' || least === 'editor' ? [Problems(runtimeErrors.FORBIDDEN)] : []),
  );
}

/** Whether a caller has a permission. `account` is undefined for an anonymous caller. */
export function may(account: CurrentAccount | undefined, permission: Permission): boolean {
  const least = policy[permission];
  return least === 'anonymous' || (account !== undefined && hasRole(account, least));
}
