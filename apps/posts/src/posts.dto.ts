import { cursorQuery, line, pageQuery, text } from '#runtime';
import { z } from 'zod';

const title = line(1, 200).meta({ example: 'Why the outbox' });
const body = text(1, 100_000).meta({ example: 'Events *wait* in the database of their writer.' });
const summary = text(0, 500).nullable();
const tag = line(1, 30)
  .transform((value) => value.toLowerCase())
  .pipe(z.string().regex(/^[^,/\\<>"'`]+$/, 'must not contain , / \\ < > or quotes'));
const tags = z
  .array(tag)
  .max(10)
  .transform((all) => [...new Set(all)])
  .meta({ example: ['delivery'] });

export const NewPost = z.strictObject({
  title,
  body,
  summary: summary.optional(),
  tags: tags.optional(),
  status: z.enum(['draft', 'published']).default('draft'),
});
export type NewPost = z.infer<typeof NewPost>;

export const PostChange = z.strictObject({
  title: title.optional(),
  body: body.optional(),
  summary: summary.optional(),
  tags: tags.optional(),
});
export type PostChange = z.infer<typeof PostChange>;

const sorts = ['createdAt', 'publishedAt', 'title', 'likes'];
const filters = {
  status: z.enum(['draft', 'published']).default('published'),
  tag: text(1, 100)
    .transform((value) => value.trim().toLowerCase())
    .optional(),
};

/** Newest first where nothing is said: published posts by publication, drafts by creation. */
export const PostsQuery = pageQuery(sorts, '-publishedAt', { ...filters, author: text(1, 100).optional() });
export type PostsQuery = z.infer<typeof PostsQuery>;

/** The author stands in the path. */
export const PostsOfUserQuery = pageQuery(sorts, '-publishedAt', filters);
export type PostsOfUserQuery = z.infer<typeof PostsOfUserQuery>;

export const FeedQuery = cursorQuery({});
export type FeedQuery = z.infer<typeof FeedQuery>;

const Author = z
  .object({ id: z.uuid(), handle: z.string(), displayName: z.string(), imageUrl: z.string().nullable() })
  .meta({ id: 'Author' });

export const PostItem = z
  .object({
    id: z.uuid(),
    slug: z.string(),
    title: z.string(),
    summary: z.string().nullable(),
    status: z.enum(['draft', 'published']),
    tags: z.array(z.string()),
    category: z.null(),
    author: Author,
    likes: z.int(),
    likedByMe: z.boolean().optional().describe('Only for a caller with an access token.'),
    comments: z.int(),
    version: z.int(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    publishedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'PostItem' });
export type PostItem = z.infer<typeof PostItem>;

export const Post = PostItem.extend({ body: z.string(), bodyHtml: z.string() }).meta({ id: 'Post' });
export type Post = z.infer<typeof Post>;
