import { basename } from 'node:path';
import { z } from 'zod';
import { NewCategory } from '../categories/categories.dto.js';
import { NewPost } from '../posts/posts.dto.js';
import { splitFrontMatter, UnreadableFile } from './front-matter.js';

/** A parsed file: the post, its category by name and, if the file gives one, a publication time in the past. */
export interface MarkdownFile {
  readonly post: Required<Omit<NewPost, 'categoryId'>>;
  readonly category: string | null;
  readonly publishedAt: Date | null;
  /** Handle of the author, if the file gives one. */
  readonly author: string | null;
}

/** Cursors of lists accept only years from 1000 to 2999. */
const [EARLIEST, LATEST] = [Date.UTC(1000, 0, 2), Date.UTC(2999, 11, 31)];

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const scalars = z.union([z.array(scalar), scalar.transform((text) => text.split(/[,\s]+/).filter(Boolean)), z.null()]);
const time = z
  .union([z.date(), z.string().transform((text) => new Date(text))])
  .refine((at) => at.getTime() > EARLIEST && at.getTime() < LATEST, {
    error: 'is not a date between the years 1000 and 2999',
  });
const booleanValue = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]);

/** The front matter attributes of Jekyll, Hugo and Astro; others are ignored. */
const Attributes = z.object({
  title: scalar.optional(),
  description: scalar.nullish(),
  summary: scalar.nullish(),
  excerpt: scalar.nullish(),
  tags: scalars.optional(),
  category: scalar.nullish(),
  categories: scalars.optional(),
  author: scalar.nullish(),
  date: time.nullish(),
  pubDate: time.nullish(),
  publishDate: time.nullish(),
  draft: booleanValue.nullish(),
  published: booleanValue.nullish(),
});
type Attributes = z.infer<typeof Attributes>;

/** Parses the text of a file. `path` is the fallback for the title. Throws UnreadableFile with the reasons. */
export function readMarkdown(path: string, text: string): MarkdownFile {
  const split = splitFrontMatter(text);
  const attributes = checked(Attributes.safeParse(split.attributes));
  const { title, body } = extractTitle(path, attributes.title, split.body);
  const publishedAt = attributes.date ?? attributes.pubDate ?? attributes.publishDate ?? null;
  const isDraft = attributes.draft === true || attributes.published === false || isFuture(publishedAt);
  const post = checked(
    NewPost.required()
      .omit({ categoryId: true })
      .safeParse({
        title,
        body,
        summary: attributes.summary ?? attributes.description ?? attributes.excerpt ?? null,
        tags: [...new Set(attributes.tags ?? [])].slice(0, 10),
        status: isDraft ? 'draft' : 'published',
      }),
  );
  return {
    post,
    category: categoryOf(attributes.category ?? attributes.categories?.[0]),
    publishedAt: isDraft ? null : publishedAt,
    author: attributes.author ?? null,
  };
}

function checked<T>(result: z.ZodSafeParseResult<T>, name = ''): T {
  if (result.success) return result.data;
  const messages = result.error.issues.map((issue) => `${issue.path.join('.') || name}: ${messageOf(issue)}`);
  throw new UnreadableFile(messages.join('; '));
}

/** For a union, zod reports an issue per alternative; one message that no alternative matches is enough. */
function messageOf({ code, message }: z.core.$ZodIssue): string {
  return code === 'invalid_union' ? 'is not a supported value' : message;
}

function categoryOf(name: string | undefined): string | null {
  return name?.trim() ? checked(NewCategory.shape.name.safeParse(name), 'category') : null;
}

/** The given title, otherwise the first heading (which is removed from the body), otherwise the file name. */
function extractTitle(path: string, given: string | undefined, text: string): { title: string; body: string } {
  const body = text.trim();
  if (given !== undefined) return { title: given, body: withoutHeading(body, given) };
  const [line, heading] = /^#[ \t]+(.+?)[ \t]*#*[ \t]*(?:\n|$)/.exec(body) ?? [];
  if (line && heading) return { title: heading, body: body.slice(line.length).trim() };
  const name = basename(path)
    .replace(/\.[^.]*$/, '')
    .replace(/^\d{4}-\d{2}-\d{2}-/, '');
  return { title: name.replaceAll(/[-_]+/g, ' ').trim(), body };
}

/** Removes a first heading that repeats the title, because pages show the title separately. */
function withoutHeading(body: string, title: string): string {
  const [line = '', heading] = /^#[ \t]+(.+?)[ \t]*\n/.exec(body) ?? [];
  return heading === title ? body.slice(line.length).trim() : body;
}

function isFuture(at: Date | null): boolean {
  return at !== null && at.getTime() > Date.now();
}
