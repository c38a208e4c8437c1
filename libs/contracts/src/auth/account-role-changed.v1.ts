import { z } from 'zod';
import { contract } from '../contract.js';

/** The role of an account changed. `role` is the new one. */
export const AccountRoleChangedV1 = contract({
  type: 'auth.account.role-changed.v1',
  topic: 'auth.account',
  keyOf: (data) => data.accountId,
  data: z.strictObject({ accountId: z.uuid(), role: z.enum(['reader', 'author', 'editor', 'admin']) }),
});
