import { z } from 'zod';
import { contract } from '../contract.js';

/** An account can no longer log in, and its sessions have ended. */
export const AccountSuspendedV1 = contract({
  type: 'auth.account.suspended.v1',
  topic: 'auth.account',
  keyOf: (data) => data.accountId,
  data: z.strictObject({ accountId: z.uuid() }),
});
