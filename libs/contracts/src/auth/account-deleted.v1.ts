import { z } from 'zod';
import { contract } from '../contract.js';

/** An account was deleted, with its sessions. The last event of its key. */
export const AccountDeletedV1 = contract({
  type: 'auth.account.deleted.v1',
  topic: 'auth.account',
  keyOf: (data) => data.accountId,
  data: z.strictObject({ accountId: z.uuid() }),
});
