import { z } from 'zod';

/** What other services may store of a comment by `actorId`. `mentions` are handles without the @, in lower case. */
export const CommentSnapshot = z.strictObject({
  commentId: z.uuid(),
  postId: z.uuid(),
  parentId: z.uuid().nullable(),
  actorId: z.uuid(),
  postAuthorId: z.uuid(),
  parentAuthorId: z.uuid().nullable(),
  excerpt: z.string(),
  mentions: z.array(z.string()),
});
