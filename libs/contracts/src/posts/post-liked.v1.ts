import { z } from 'zod';
import { contract } from '../contract.js';

/** A user liked a post for the first time: at most one such event per post and user, ever. */
export const PostLikedV1 = contract({
  type: 'posts.post.liked.v1',
  topic: 'posts.post',
  keyOf: (data) => data.postId,
  data: z.strictObject({ postId: z.uuid(), authorId: z.uuid(), actorId: z.uuid() }),
});
