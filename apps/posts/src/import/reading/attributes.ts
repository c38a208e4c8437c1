import { NewCategory } from '../../categories/categories.dto.js';
import { NewPost } from '../../posts/posts.dto.js';
import { type Attributes, textOf, UnreadableFile } from './front-matter.js';

const MAX_TAGS = 10;
const MAX_SUMMARY = 500;

/** Receives what was left out and why, for the user. */
export type Remark = (text: string) => void;

/** The title; undefined if it is missing or empty. Throws UnreadableFile. */
export function titleIn(attributes: Attributes): string | undefined {
  const value = attributes.get('title');
  if (typeof value === 'object' && value !== null && !(value instanceof Date))
    throw new UnreadableFile('title: is not a supported value');
  return textOf(value) || undefined;
}

export function summaryIn(attributes: Attributes, remark: Remark): string | null {
  const given = ['summary', 'description', 'excerpt'].filter((name) => attributes.has(name));
  const texts = given.map((name) => ({ name, text: textOf(attributes.get(name)) }));
  for (const { name } of texts.filter(({ text, name }) => text === undefined && attributes.get(name) !== null))
    remark(`${name}: is left out, because it is not a text`);
  const { name = '', text = null } = texts.find((each) => each.text !== undefined) ?? {};
  if (text === null || text.length <= MAX_SUMMARY) return text;
  remark(`${name}: is shortened to ${MAX_SUMMARY} characters`);
  return `${text.slice(0, MAX_SUMMARY - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** Tags as the API accepts them: without # before them, and with - for characters that they must not have. */
export function tagsIn(attributes: Attributes, remark: Remark): string[] {
  const names = namesIn('tags', attributes, remark);
  const tags: string[] = [];
  for (const name of names) {
    const wanted = name
      .replace(/^#+/, '')
      .replaceAll(/[,/\\<>"'`]+/g, '-')
      .replaceAll(/^-+|-+$/g, '');
    if (wanted.trim() === '') continue;
    const [tag] = NewPost.shape.tags.safeParse([wanted]).data ?? [];
    if (tag === undefined) remark(`tags: ${name} is left out, because it is longer than 30 characters`);
    else if (!tags.includes(tag)) tags.push(tag);
  }
  if (tags.length > MAX_TAGS)
    remark(`tags: a post has at most ${MAX_TAGS}; left out: ${tags.slice(MAX_TAGS).join(', ')}`);
  return tags.slice(0, MAX_TAGS);
}

/** The first category: a post has one. */
export function categoryIn(attributes: Attributes, remark: Remark): string | null {
  const single = textOf(attributes.get('category'));
  const names = single
    ? [single]
    : [...namesIn('category', attributes, remark), ...namesIn('categories', attributes, remark)];
  const [first, ...others] = names;
  if (first === undefined) return null;
  if (others.length > 0) remark(`categories: a post has one, ${first}; left out: ${others.join(', ')}`);
  const { success, data } = NewCategory.shape.name.safeParse(first);
  if (!success) remark(`category: ${first} is left out, because it is not a name of at most 60 characters`);
  return success ? data : null;
}

/** A handle; anything else, such as a list or an object, names nobody here. */
export function authorIn(attributes: Attributes): string | null {
  return textOf(attributes.get('author')) || null;
}

/** The names in a list, also a nested one, or in a text: between commas, or without any comma between spaces. */
function namesIn(name: string, attributes: Attributes, remark: Remark): string[] {
  const value = attributes.get(name) ?? [];
  const items: unknown[] = Array.isArray(value) ? value.flat(5) : separate(value);
  return items.flatMap((item) => {
    const text = textOf(item);
    if (text === undefined && item !== null) remark(`${name}: an entry is left out, because it is not a text`);
    return text ? [text] : [];
  });
}

function separate(value: unknown): unknown[] {
  const text = textOf(value);
  return text === undefined ? [value] : text.split(text.includes(',') ? ',' : /\s+/);
}
