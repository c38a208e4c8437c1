import { z } from 'zod';

/** One user following another. Keyed by the follower, so that follow and unfollow events stay in order. */
export const Follow = z.strictObject({ followerId: z.uuid(), followeeId: z.uuid() });
