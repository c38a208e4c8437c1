import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension, ApiSecurity } from '@nestjs/swagger';
import { type CurrentAccount, hasRole, type Role } from '../auth/current-account.js';
import { Problems } from '../problems/problem-responses.js';
import { runtimeErrors } from '../problems/runtime.errors.js';

/**
 * The one table of who may do what: each permission and the least role that has it. Guard, OpenAPI document and tests read
 * it. What belongs to somebody needs more than a permission: it is its owner's, or its caller may moderate.
 */
export const policy = {
  /** Reads what everybody may read. */
  read: 'anonymous',
  /** Manages what is one's own, follows and likes. */
  participate: 'reader',
  /** Writes posts and comments, and changes one's own. */
  write: 'author',
  /** Reads and changes what others have written, drafts included; keeps categories. */
  moderate: 'editor',
} as const satisfies Readonly<Record<string, Role | 'anonymous'>>;

export type Permission = keyof typeof policy;

export const PERMISSION = 'permission';

/** Which permission a route needs. A route that says nothing needs `participate`. A token that is sent must be valid anyway. */
export function Allows(permission: Permission): MethodDecorator {
  const least = policy[permission];
  return applyDecorators(
    SetMetadata(PERMISSION, permission),
    ApiExtension('x-permission', permission),
    ...(least === 'anonymous' ? [ApiSecurity({})] : []),
    ...(least === 'author' || least === 'editor' ? [Problems(runtimeErrors.FORBIDDEN)] : []),
  );
}

/** Whether a caller, known or not, has a permission. */
export function may(account: CurrentAccount | undefined, permission: Permission): boolean {
  const least = policy[permission];
  return least === 'anonymous' || (account !== undefined && hasRole(account, least));
}
