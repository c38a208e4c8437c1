import { isTimeLike, timeInPath, timeOf } from './dates.js';
import { type Attributes, textOf, UnreadableFile } from './front-matter.js';

/** Each makes a draft if it is true: of Hugo, Jekyll, Hexo, Eleventy, Astro, and what people write for themselves. */
const SECRET = ['draft', 'isdraft', 'headless', 'private', 'hidden', 'unlisted', 'eleventyexcludefromcollections'];
/** Each makes a draft if it is false; `publish` also if it is empty, as in Obsidian. */
const PUBLIC = ['published', 'publish', 'dg-publish', 'listed'];
const EMPTY_IS_FALSE = new Set(['publish', 'dg-publish']);
const STATES = ['status', 'visibility'];
const SECRET_STATES = /^(?:drafts?|private|hidden|unlisted|unpublished|pending|scheduled|future|wip|trash|archived)$/i;
/** When something is published, the most telling first. */
const PUBLISHED_AT = ['publishdate', 'pubdatetime', 'pubdate', 'published_at', 'published_date', 'published', 'date'];
const EXPIRED_AT = ['expirydate', 'unpublishdate'];
const DRAFT_FOLDERS = new Set(['_drafts', 'drafts']);

/** When the file was or is published, if it says so. Throws UnreadableFile. */
export function publicationOf(path: string, attributes: Attributes): Date | undefined {
  return timesIn(attributes, PUBLISHED_AT)[0] ?? timeInPath(path);
}

/**
 * Why any of Jekyll, Hugo, Astro, Eleventy, Hexo or Obsidian would not publish a file; undefined if all would. Throws
 * UnreadableFile if an attribute that decides it cannot be read.
 */
export function reasonForDraft(path: string, attributes: Attributes, now = Date.now()): string | undefined {
  const folder = path.split('/').find(isDraftFolder);
  if (folder) return `it is in ${folder}`;
  for (const name of SECRET) if (switchOf(attributes, name) === true) return `${name} is true`;
  for (const name of PUBLIC) if (switchOf(attributes, name) === false) return `${name} is false`;
  for (const name of STATES)
    if (SECRET_STATES.test(wordOf(attributes.get(name)))) return `${name} is ${wordOf(attributes.get(name))}`;
  if (hasNoAddress(attributes)) return 'it has no page of its own';
  const times = [...timesIn(attributes, PUBLISHED_AT), timeInPath(path)];
  if (times.some((time) => time && time.getTime() > now)) return 'its date is in the future';
  if (timesIn(attributes, EXPIRED_AT).some((time) => time.getTime() <= now)) return 'it has expired';
  return undefined;
}

export function isDraftFolder(name: string): boolean {
  return DRAFT_FOLDERS.has(name.toLowerCase());
}

function timesIn(attributes: Attributes, names: readonly string[]): Date[] {
  // "published" may be a date, or a yes or no.
  const dates = names.filter((name) => name !== 'published' || isTimeLike(attributes.get(name)));
  return dates.flatMap((name) => timeOf(attributes, name) ?? []);
}

/** Eleventy's `permalink: false`, also computed, and Hugo's `build`. */
function hasNoAddress(attributes: Attributes): boolean {
  const computed = nested(attributes, 'eleventycomputed');
  const builds = [nested(attributes, 'build'), nested(attributes, '_build')];
  return (
    [attributes.get('permalink'), computed['permalink']].some((value) => wordOf(value) === 'false') ||
    /^(?:true|yes)$/i.test(wordOf(computed['eleventyExcludeFromCollections'])) ||
    builds.some(({ render, list }) => [render, list].some((value) => /^(?:false|never)$/i.test(wordOf(value))))
  );
}

function nested(attributes: Attributes, name: string): Readonly<Record<string, unknown>> {
  const value = attributes.get(name);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

const wordOf = (value: unknown) => textOf(value)?.toLowerCase() ?? '';

function switchOf(attributes: Attributes, name: string): boolean | undefined {
  const value = attributes.get(name);
  if (value === undefined || isTimeLike(value)) return undefined;
  const text = wordOf(value);
  if (value === null || text === '') {
    if (typeof value === 'object' && value !== null) throw new UnreadableFile(`${name}: is neither true nor false`);
    return EMPTY_IS_FALSE.has(name) ? false : undefined;
  }
  if (/^(?:true|yes|on|y|1)$/.test(text)) return true;
  if (/^(?:false|no|off|n|0)$/.test(text)) return false;
  throw new UnreadableFile(`${name}: is neither true nor false`);
}
