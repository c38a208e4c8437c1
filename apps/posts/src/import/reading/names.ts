/** Names of attributes are compared in lower case, and without marks and separators: `pub_date` is `pubDate`. */
export function normalName(name: string): string {
  return name.toLowerCase().replaceAll(/[\s\p{Cf}_-]/gu, '');
}

/** Each makes a draft if it is true: of Hugo, Jekyll, Hexo, Eleventy, Astro, and what people write for themselves. */
export const SECRET = [
  ...(['draft', 'isdraft', 'headless', 'private', 'isprivate', 'hidden', 'unlisted', 'unpublished'] as const),
  'eleventyexcludefromcollections',
] as const;

/** Each makes a draft if it is false; some also if they are empty, as in Obsidian. */
export const PUBLIC = ['published', 'ispublished', 'publish', 'dgpublish', 'public', 'ispublic', 'listed'] as const;
export const EMPTY_IS_FALSE: ReadonlySet<string> = new Set(['publish', 'dgpublish']);

export const STATES = ['status', 'state', 'visibility'] as const;
export const SECRET_STATE =
  /^(?:drafts?|private|hidden|unlisted|unpublished|pending|scheduled|future|wip|trash|archived)$/i;

/** When something is published, the most telling first. */
export const PUBLISHED_AT = [
  ...(['publishdate', 'publishedat', 'publisheddate', 'pubdatetime', 'pubdate', 'datepublished'] as const),
  ...(['published', 'publish', 'date'] as const),
] as const;
export const EXPIRED_AT = ['expirydate', 'unpublishdate'] as const;

const secretNames: ReadonlySet<string> = new Set(
  [...SECRET, ...PUBLIC, ...EXPIRED_AT, ...PUBLISHED_AT].filter((name) => name !== 'date'),
);
const stateNames: ReadonlySet<string> = new Set(STATES);
const telling: ReadonlySet<string> = new Set([
  'title',
  'date',
  'tags',
  'category',
  'categories',
  'author',
  'status',
  'slug',
  'layout',
  'permalink',
  'description',
]);

/** What a line of front matter sets; undefined if it is none. */
export function nameInLine(line: string): string | undefined {
  const [, name] = /^[ \t]*["']?([\p{L}\p{N}_$\p{Cf}][^:="'\n]{0,60})["']?[ \t]{0,9}[:=](?!\/\/)/u.exec(line) ?? [];
  return name === undefined ? undefined : normalName(name);
}

/** Whether a line may say that a text is private. */
export function isSecretLine(line: string): boolean {
  const name = nameInLine(line);
  if (name === undefined) return false;
  const value = line.slice(line.search(/[:=]/) + 1).replaceAll(/["',\s]/g, '');
  return secretNames.has(name) || (stateNames.has(name) && SECRET_STATE.test(value));
}

/** Whether a line sets something that only front matter sets. */
export function isTellingLine(line: string): boolean {
  return telling.has(nameInLine(line) ?? '') || isSecretLine(line);
}
