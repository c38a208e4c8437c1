import { z } from 'zod';
import { contract } from '../contract.js';

/** A suspended account can log in again. */
export const AccountResumedV1 = contract({
  type: 'auth.account.resumed.v1',
  topic: 'auth.account',
  keyOf: (data) => data.accountId,
  data: z.strictObject({ accountId: z.uuid() }),
});
