import { cursorQuery, line, searchQuery, text } from '#runtime';
import { z } from 'zod';

const title = line(1, 200).meta({ example: 'Why the outbox' });
const body = text(1, 100_000).meta({ example: 'Events *wait* in the database of their writer.' });
const summary = text(0, 500).nullable();
/** Tags that look the same are the same. */
const sameTag = (value: string) => value.normalize('NFC').toLowerCase();
const tag = line(1, 30)
  .transform(sameTag)
  .pipe(z.string().regex(/^[^,/\\<>"'`]+$/, 'must not contain , / \\ < > or quotes'));
const tags = z
  .array(tag)
  .max(10)
  .transform((all) => [...new Set(all)])
  .meta({ example: ['delivery'] });

export const NewPost = z
  .strictObject({
    title,
    body,
    summary: summary.optional(),
    tags: tags.optional(),
    categoryId: z.uuid().nullable().optional(),
    status: z.enum(['draft', 'published']).default('draft'),
  })
  .meta({ id: 'NewPost' });
export type NewPost = z.infer<typeof NewPost>;

export const PostChange = z
  .strictObject({
    title: title.optional(),
    body: body.optional(),
    summary: summary.optional(),
    tags: tags.optional(),
    categoryId: z.uuid().nullable().optional(),
  })
  .meta({ id: 'PostChange' });
export type PostChange = z.infer<typeof PostChange>;

const sorts = ['createdAt', 'publishedAt', 'title', 'likes', 'relevance'];
const filters = {
  status: z.enum(['draft', 'published']).default('published').describe('Drafts need an access token.'),
  tag: text(1, 100)
    .transform((value) => sameTag(value.trim()))
    .optional()
    .describe('Posts with this tag, whatever its case.'),
  category: text(1, 100).optional().describe('Posts of the category with this id or slug.'),
  q: text(1, 200)
    .optional()
    .describe('Words, "phrases", or between alternatives, - before a word or phrase to exclude.'),
};
const relevance = {
  error: 'relevance needs q',
  path: ['sort'],
};
const isSortable = ({ sort, q }: { sort?: string | undefined; q?: string | undefined }) =>
  q !== undefined || !sort?.endsWith('relevance');
const SEARCH_LIMIT = 20;
const limitError = { error: `must be at most ${SEARCH_LIMIT} with q`, path: ['limit'] };
/** Search results include highlights, computed per result, so a search has a lower `limit`. */
const isBounded = ({ limit, q }: { limit: number; q?: string | undefined }) => q === undefined || limit <= SEARCH_LIMIT;

/** Default order: search results by relevance; published posts by publication and drafts by creation, newest first. */
export const PostsQuery = searchQuery(sorts, {
  ...filters,
  author: text(1, 100).optional().describe('Posts of the user with this id or handle.'),
})
  .refine(isSortable, relevance)
  .refine(isBounded, limitError);
export type PostsQuery = z.infer<typeof PostsQuery>;

/** Without `author`, which is given in the path. */
export const PostsOfUserQuery = searchQuery(sorts, filters).refine(isSortable, relevance).refine(isBounded, limitError);
export type PostsOfUserQuery = z.infer<typeof PostsOfUserQuery>;

export const FeedQuery = cursorQuery({});
export type FeedQuery = z.infer<typeof FeedQuery>;

export const Author = z
  .object({ id: z.uuid(), handle: z.string(), displayName: z.string(), imageUrl: z.string().nullable() })
  .meta({ id: 'Author' });

const CategoryName = z
  .object({ id: z.uuid(), slug: z.string().meta({ example: 'guides-0198c0de' }), name: z.string() })
  .meta({ id: 'CategoryName' });

const Highlights = z
  .object({ title: z.string(), body: z.string() })
  .meta({ id: 'Highlights' })
  .describe('Sanitised HTML with the matches in <mark>. Only present with q.');

export const PostItem = z
  .object({
    id: z.uuid(),
    slug: z.string(),
    title: z.string(),
    summary: z.string().nullable(),
    status: z.enum(['draft', 'published']),
    tags: z.array(z.string()),
    category: CategoryName.nullable(),
    author: Author,
    likes: z.int(),
    likedByMe: z.boolean().optional().describe('Only for a caller with an access token.'),
    comments: z.int(),
    version: z.int(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    publishedAt: z.iso.datetime().nullable(),
    highlights: Highlights.optional(),
  })
  .meta({ id: 'PostItem' });
export type PostItem = z.infer<typeof PostItem>;

export const Post = PostItem.omit({ highlights: true })
  .extend({ body: z.string(), bodyHtml: z.string() })
  .meta({ id: 'Post' });
export type Post = z.infer<typeof Post>;
