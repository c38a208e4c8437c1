import { z } from 'zod';
import { contract } from '../contract.js';

/** A session has ended. `until` is when the last access token that was issued for it expires. */
export const SessionEndedV1 = contract({
  type: 'auth.account.session-ended.v1',
  topic: 'auth.account',
  keyOf: (data) => data.accountId,
  data: z.strictObject({ accountId: z.uuid(), sessionId: z.uuid(), until: z.iso.datetime() }),
});
