import { z } from 'zod';

/** One person following another. Keyed by the follower, so that a follow and its end stay in order. */
export const Follow = z.strictObject({ followerId: z.uuid(), followeeId: z.uuid() });
