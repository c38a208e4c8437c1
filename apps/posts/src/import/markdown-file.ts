import { basename } from 'node:path';
import { z } from 'zod';
import { NewCategory } from '../categories/categories.dto.js';
import { NewPost } from '../posts/posts.dto.js';
import { splitFrontMatter, UnreadableFile } from './front-matter.js';

/** A file as a post: with its category by name, and a time of publication in the past if it says one. */
export interface MarkdownFile {
  readonly post: Required<Omit<NewPost, 'categoryId'>>;
  readonly category: string | null;
  readonly publishedAt: Date | null;
  /** Who wrote it, by handle, if it says so. */
  readonly author: string | null;
}

/** What lists can be ordered by: years of four digits. */
const [EARLIEST, LATEST] = [Date.UTC(1000, 0, 2), Date.UTC(2999, 11, 31)];

const word = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const words = z.union([z.array(word), word.transform((text) => text.split(/[,\s]+/).filter(Boolean)), z.null()]);
const time = z
  .union([z.date(), z.string().transform((text) => new Date(text))])
  .refine((at) => at.getTime() > EARLIEST && at.getTime() < LATEST, {
    error: 'is no date',
  });
const switched = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]);

/** The names that Jekyll, Hugo and Astro use; others are not looked at. */
const Attributes = z.object({
  title: word.optional(),
  description: word.nullish(),
  summary: word.nullish(),
  excerpt: word.nullish(),
  tags: words.optional(),
  category: word.nullish(),
  categories: words.optional(),
  author: word.nullish(),
  date: time.nullish(),
  pubDate: time.nullish(),
  publishDate: time.nullish(),
  draft: switched.nullish(),
  published: switched.nullish(),
});
type Attributes = z.infer<typeof Attributes>;

/** Reads a file's text. `path` gives a title where nothing else does. Throws UnreadableFile, which names what is wrong. */
export function readMarkdown(path: string, text: string): MarkdownFile {
  const split = splitFrontMatter(text);
  const attributes = checked(Attributes.safeParse(split.attributes));
  const { title, body } = titled(path, attributes.title, split.body);
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
  const faults = result.error.issues.map((issue) => `${issue.path.join('.') || name}: ${messageOf(issue)}`);
  throw new UnreadableFile(faults.join('; '));
}

/** Of a value that may be of several types, each says what it is not; that it is none of them is enough. */
function messageOf({ code, message }: z.core.$ZodIssue): string {
  return code === 'invalid_union' ? 'is not what it should be' : message;
}

function categoryOf(name: string | undefined): string | null {
  return name?.trim() ? checked(NewCategory.shape.name.safeParse(name), 'category') : null;
}

/** The title that is given, or else the first heading (which then is no part of the text), or else the file's name. */
function titled(path: string, given: string | undefined, text: string): { title: string; body: string } {
  const body = text.trim();
  if (given !== undefined) return { title: given, body: withoutHeading(body, given) };
  const [line, heading] = /^#[ \t]+(.+?)[ \t]*#*[ \t]*(?:\n|$)/.exec(body) ?? [];
  if (line && heading) return { title: heading, body: body.slice(line.length).trim() };
  const name = basename(path)
    .replace(/\.[^.]*$/, '')
    .replace(/^\d{4}-\d{2}-\d{2}-/, '');
  return { title: name.replaceAll(/[-_]+/g, ' ').trim(), body };
}

/** A page shows the title anyway. */
function withoutHeading(body: string, title: string): string {
  const [line = '', heading] = /^#[ \t]+(.+?)[ \t]*\n/.exec(body) ?? [];
  return heading === title ? body.slice(line.length).trim() : body;
}

function isFuture(at: Date | null): boolean {
  return at !== null && at.getTime() > Date.now();
}
