import { pageQuery, text } from '#runtime';
import { z } from 'zod';
import { Author } from '../posts/posts.dto.js';

const body = text(1, 10_000)
  .refine((value) => value.trim() !== '', { error: 'must not be empty' })
  .meta({ example: 'And what if the relay dies?' });

export const NewComment = z.strictObject({ body, parentId: z.uuid().nullable().optional() }).meta({ id: 'NewComment' });
export type NewComment = z.infer<typeof NewComment>;

export const CommentChange = z.strictObject({ body: body.optional() }).meta({ id: 'CommentChange' });
export type CommentChange = z.infer<typeof CommentChange>;

/** Default order: by thread, each comment followed by its replies, oldest first. */
export const CommentsQuery = pageQuery(['thread', 'createdAt'], 'thread', {});
export type CommentsQuery = z.infer<typeof CommentsQuery>;

export const Comment = z
  .object({
    id: z.uuid(),
    postId: z.uuid(),
    parentId: z.uuid().nullable().meta({ example: null }),
    depth: z.int().describe('0 for the first comment of a thread.'),
    author: Author.nullable().describe('Null once the comment is deleted.'),
    body: z
      .string()
      .nullable()
      .meta({ example: 'And what if the relay dies?' })
      .describe('Markdown; null once the comment is deleted.'),
    bodyHtml: z.string().nullable().meta({ example: '<p>And what if the relay dies?</p>\n' }),
    deleted: z.boolean().describe('A deleted comment stays in the thread as long as it has replies.'),
    version: z.int(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Comment' });
export type Comment = z.infer<typeof Comment>;
