import { z } from 'zod';

/** What other services may store of a profile. `version` grows with each change: stale data never overwrites newer. */
export const UserProfile = z.strictObject({
  id: z.uuid(),
  handle: z.string(),
  displayName: z.string(),
  imageUrl: z.string().nullable(),
  version: z.int().positive(),
});
