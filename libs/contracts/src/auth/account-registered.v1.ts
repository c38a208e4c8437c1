import { z } from 'zod';
import { contract } from '../contract.js';

/** An account was registered. `handle` is only requested: the users service owns handles and may add a suffix. */
export const AccountRegisteredV1 = contract({
  type: 'auth.account.registered.v1',
  topic: 'auth.account',
  keyOf: (data) => data.accountId,
  followUps: ['users.user.created.v1'],
  data: z.strictObject({
    accountId: z.uuid(),
    email: z.string(),
    displayName: z.string(),
    handle: z.string().optional(),
  }),
});
