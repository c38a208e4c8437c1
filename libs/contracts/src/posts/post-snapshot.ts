import { z } from 'zod';

/** What other services may store of a post. `mentions` are handles without the @, in lower case. */
export const PostSnapshot = z.strictObject({
  postId: z.uuid(),
  authorId: z.uuid(),
  slug: z.string(),
  title: z.string(),
  summary: z.string().nullable(),
  tags: z.array(z.string()),
  mentions: z.array(z.string()),
  version: z.int().positive(),
});
