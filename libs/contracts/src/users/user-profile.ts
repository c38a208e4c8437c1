import { z } from 'zod';

/** What other services may keep of a profile. `version` grows with each change, so that an older copy never wins. */
export const UserProfile = z.strictObject({
  id: z.uuid(),
  handle: z.string(),
  displayName: z.string(),
  imageUrl: z.string().nullable(),
  version: z.int().positive(),
});
