import { isTimeLike, timeInPath, timeOf } from './dates.js';
import { type Attributes, textOf, UnreadableFile } from './front-matter.js';
import { EMPTY_IS_FALSE, EXPIRED_AT, normalName, PUBLIC, PUBLISHED_AT, SECRET, SECRET_STATE, STATES } from './names.js';

/** They may be a date, or a yes or no. */
const DATE_OR_SWITCH = /^publish(?:ed)?$/;
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
  for (const name of STATES) {
    const state = wordsOf(name, attributes.get(name)).find((each) => SECRET_STATE.test(each));
    if (state) return `${name} is ${state}`;
  }
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
  const dates = names.filter((name) => !DATE_OR_SWITCH.test(name) || isTimeLike(attributes.get(name)));
  return dates.flatMap((name) => timeOf(attributes, name) ?? []);
}

/** Eleventy's `permalink: false`, also computed, and Hugo's `build`. */
function hasNoAddress(attributes: Attributes): boolean {
  const computed = nested(attributes, 'eleventycomputed');
  const build = nested(attributes, 'build');
  return (
    [attributes.get('permalink'), computed.get('permalink')].some((value) => wordOf(value) === 'false') ||
    /^(?:true|yes)$/.test(wordOf(computed.get('eleventyexcludefromcollections'))) ||
    /^(?:false|never|link)$/.test(wordOf(build.get('render'))) ||
    /^(?:false|never)$/.test(wordOf(build.get('list')))
  );
}

function nested(attributes: Attributes, name: string): ReadonlyMap<string, unknown> {
  const value = attributes.get(name) ?? {};
  if (typeof value !== 'object' || Array.isArray(value)) throw new UnreadableFile(`${name}: is not a mapping`);
  return new Map(Object.entries(value).map(([key, each]) => [normalName(key), each]));
}

const wordOf = (value: unknown) => textOf(value)?.toLowerCase() ?? '';

function wordsOf(name: string, value: unknown): string[] {
  const words = [value].flat(5).map(textOf);
  if (words.includes(undefined) && value !== undefined && value !== null)
    throw new UnreadableFile(`${name}: is not a supported value`);
  return words.map((word) => word ?? '');
}

function switchOf(attributes: Attributes, name: string): boolean | undefined {
  const value = attributes.get(name);
  if (value === undefined) return undefined;
  if (DATE_OR_SWITCH.test(name) && isTimeLike(value)) return undefined;
  const text = wordOf(value);
  if (value === null || value === '') return EMPTY_IS_FALSE.has(name) ? false : undefined;
  if (/^(?:true|yes|on|y|1)$/.test(text)) return true;
  if (/^(?:false|no|off|n|0)$/.test(text)) return false;
  throw new UnreadableFile(`${name}: is neither true nor false`);
}
