import { z } from 'zod';
import { NewPost } from '../../posts/posts.dto.js';
import { authorIn, categoryIn, summaryIn, tagsIn, titleIn } from './attributes.js';
import { publicationOf, reasonForDraft } from './drafts.js';
import { type Attributes, splitFrontMatter, UnreadableFile } from './front-matter.js';

/** A file that has nothing to publish; the message is the reason. */
export class EmptyFile extends Error {}

/** A parsed file: the post, its category by name and, if the file gives one, a publication time in the past. */
export interface MarkdownFile {
  readonly post: Required<Omit<NewPost, 'categoryId'>>;
  readonly category: string | null;
  readonly publishedAt: Date | null;
  /** Handle of the author, if the file gives one. */
  readonly author: string | null;
  /** Why it becomes a draft. */
  readonly draft?: string;
  /** What was left out, for the user. */
  readonly remarks: readonly string[];
}

/**
 * Parses the text of a file. `path`, with folders, may hold its date or say that it is a draft, and gives a title if
 * nothing else does; `inherited` holds attributes that the file does not set itself, and
 * `draftFolder` is a folder of drafts above its site. Throws UnreadableFile or EmptyFile.
 */
export function readMarkdown(
  path: string,
  text: string,
  inherited: Attributes = new Map(),
  draftFolder?: string,
): MarkdownFile {
  const split = splitFrontMatter(text);
  const attributes = new Map([...inherited, ...split.attributes]);
  const remarks: string[] = [];
  const remark = (remarked: string) => void remarks.push(remarked);
  const draft = draftFolder ? `it is in ${draftFolder}` : reasonForDraft(path, attributes);
  const publishedAt = publicationOf(path, attributes);
  const { title, body } = extractTitle(path, titleIn(attributes), split.body);
  if (body === '') throw new EmptyFile('it has no text');
  const post = checked(
    NewPost.required()
      .omit({ categoryId: true })
      .safeParse({
        title,
        body,
        summary: summaryIn(attributes, remark),
        tags: tagsIn(attributes, remark),
        status: draft ? 'draft' : 'published',
      }),
  );
  return {
    post,
    category: categoryIn(attributes, remark),
    publishedAt: draft ? null : (publishedAt ?? null),
    author: authorIn(attributes),
    ...(draft ? { draft } : {}),
    remarks,
  };
}

function checked<T>(result: z.ZodSafeParseResult<T>): T {
  if (result.success) return result.data;
  throw new UnreadableFile(result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
}

/** The given title, otherwise the first heading (which is removed from the body), otherwise the name. */
function extractTitle(path: string, given: string | undefined, text: string): { title: string; body: string } {
  const body = withoutEmptyLines(text);
  const { heading, rest } = firstHeading(body);
  if (given !== undefined) return { title: given, body: heading === given ? rest : body };
  return heading ? { title: heading, body: rest } : { title: nameIn(path), body };
}

/** Of the first line, without the marks of its end. By hand, since an expression for it takes more than linear time. */
function firstHeading(body: string): { heading?: string; rest: string } {
  const [line = '', ...lines] = body.split('\n');
  if (!/^#[ \t]/.test(line)) return { rest: body };
  let end = line.length;
  while (end > 1 && '# \t'.includes(line.charAt(end - 1))) end--;
  // A # belongs to the words that it touches, as in C#.
  const marks = /^#*/.exec(line.slice(end))?.[0] ?? '';
  const heading = line.slice(1, end + marks.length).trim();
  return { ...(heading ? { heading } : {}), rest: withoutEmptyLines(lines.join('\n')) };
}

/** At the start and at the end; indentation stays, because it makes code. */
function withoutEmptyLines(text: string): string {
  const lines = text.split('\n');
  const first = lines.findIndex((line) => line.trim() !== '');
  return first === -1 ? '' : lines.slice(first).join('\n').trimEnd();
}

/** The words of the name of a file, or of its folder if the file is called index. */
function nameIn(path: string): string {
  const [name = ''] = /[^/]+$/.exec(path.replace(/\.[^./]*$/, '').replace(/\/_?index$/i, '')) ?? [];
  return name
    .replace(/^\d{4}-\d{1,2}-\d{1,2}-(?=.)/, '')
    .replaceAll(/[-_]+/g, ' ')
    .trim();
}
