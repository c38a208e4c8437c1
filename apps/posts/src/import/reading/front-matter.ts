import { parse as parseToml } from 'smol-toml';
import { parse as parseYaml, YAMLError } from 'yaml';
import { z } from 'zod';
import { isSecretLine, isTellingLine, nameInLine, normalName } from './names.js';

/** A file that cannot be imported; the message is the reason. */
export class UnreadableFile extends Error {}

export type Format = 'YAML' | 'TOML' | 'JSON';

/** Values by `normalName`: generators differ in how they write them. */
export type Attributes = ReadonlyMap<string, unknown>;

/** The text of a value that is one, a number, a boolean or a date; undefined for lists, objects and nothing. */
export function textOf(value: unknown): string | undefined {
  if (value instanceof Date) return value.toISOString();
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value).trim() : undefined;
}

export interface Split {
  readonly attributes: Attributes;
  readonly body: string;
}

/**
 * Splits a text into its front matter and the rest. What looks like front matter and cannot be read is refused, never
 * taken for text: it may say that the file is private. Throws UnreadableFile.
 *
 * Front matter is YAML between lines of `---`, TOML between lines of `+++`, JSON in braces or between lines of `;;;`, and,
 * as Hexo and Pelican allow, `name: value` lines at the start that end with `---` or an empty line. White space before it
 * is ignored, as are invisible characters, HTML comments and directives of YAML.
 */
export function splitFrontMatter(text: string): Split {
  const normal = text.replaceAll(/\r\n?/g, '\n').replace(/^\uFEFF/, '');
  const found = findFrontMatter(normal);
  if (!found) return { attributes: new Map(), body: normal };
  if (found.attributes.size > 0 && beginsWithSecrets(found.body)) throw new UnreadableFile('it has front matter twice');
  return found;
}

function findFrontMatter(text: string): Split | undefined {
  const start = text.replace(/^(?:[\s\p{Cf}]|<!--[\s\S]*?-->|%YAML[^\n]*\n)*/u, '');
  return fenced(start) ?? inBraces(start) ?? withoutOpening(start);
}

/** Whether a second block begins the body. */
function beginsWithSecrets(body: string): boolean {
  const [fence, ...lines] = body.replace(/^[\s\p{Cf}]*/u, '').split('\n', MAX_LINES);
  return /^(?:-{3,}|\+{3,}|;{3,})/.test(fence ?? '') && lines.some(isSecretLine);
}

/** Front matter is not longer, when it must be recognised by its lines. */
const MAX_LINES = 100;
const BLANK = String.raw`(?:[^\S\n]|\p{Cf})*`;
const OPENING = new RegExp(String.raw`^(-{3,}|\+{3,}|;{3,})${BLANK}(\w*)${BLANK}(#[^\n]*)?(?:\n|$)`, 'u');
const formats: Readonly<Record<string, Format>> = {
  '-': 'YAML',
  '+': 'TOML',
  ';': 'JSON',
  yaml: 'YAML',
  yml: 'YAML',
  toml: 'TOML',
  json: 'JSON',
};

function fenced(text: string): Split | undefined {
  if (!/^(?:---|\+\+\+|;;;)/.test(text)) return undefined;
  const [line, fence = '', language = ''] = OPENING.exec(text) ?? [];
  const lines = text.split('\n', MAX_LINES);
  if (line === undefined) {
    if (/[:=]/.test(lines[0] ?? '') || lines.some(isSecretLine))
      throw new UnreadableFile('its first line looks like front matter');
    return undefined;
  }
  const rest = text.slice(line.length);
  const mark = fence.charAt(0);
  const ends = mark === '-' ? String.raw`(?:${fence}|\.{3})` : `[${mark}]{${fence.length}}`;
  const end = new RegExp(`^${ends}${BLANK}(?:\n|$)`, 'mu').exec(rest);
  if (!end) {
    const first = lines.slice(1).find((each) => /\S/.test(each) && !/^\s*(?:#|<!--)/.test(each)) ?? '';
    const isText = mark === '-' && language === '' && !/^\s*\{/.test(first) && nameInLine(first) === undefined;
    if (isText && !lines.some(isSecretLine)) return undefined; // a thematic break
    throw new UnreadableFile(`its front matter has no end (a line of ${fence})`);
  }
  const format = formats[language.toLowerCase() || mark];
  if (!format) throw new UnreadableFile(`its front matter is ${language}, which cannot be read`);
  const attributes = parse(format, rest.slice(0, end.index));
  const body = rest.slice(end.index + end[0].length);
  if (
    attributes.size === 0 &&
    body.split('\n', MAX_LINES).some(isSecretLine) &&
    new RegExp(`^${ends}${BLANK}$`, 'mu').test(body)
  )
    throw new UnreadableFile('it has front matter twice');
  return { attributes, body };
}

/** Hugo's JSON: an object at the start. Templates begin with two braces or with {%, attributes of kramdown with {:. */
function inBraces(text: string): Split | undefined {
  if (!/^\{\s*(?:["'}]|[\w-]{1,60}\s*:)/.test(text)) return undefined;
  const token = /"(?:[^"\\]|\\.)*"|[{}]/g;
  let depth = 0;
  for (const { 0: found, index } of text.matchAll(token)) {
    if (found === '{') depth++;
    if (found === '}' && --depth === 0)
      return { attributes: parse('JSON', text.slice(0, index + 1)), body: text.slice(index + 1) };
  }
  throw new UnreadableFile('it begins with { like front matter in JSON, which has no end');
}

/**
 * Lines of `name: value`, which a line of --- ends, or an empty line if they must be front matter: a text may also begin
 * with "Note: …".
 */
function withoutOpening(text: string): Split | undefined {
  const lines = text.split('\n', MAX_LINES);
  if (nameInLine(lines[0] ?? '') === undefined) return undefined;
  const isEnd = (line: string) => /^(?:-{3,}|;{3,})[ \t]*$/.test(line);
  const isEntry = (line: string) => /^(?:[ \t]+\S|[ \t]*$|- |#)/.test(line) || nameInLine(line) !== undefined;
  const fence = lines.findIndex(isEnd);
  const empty = lines.findIndex((line) => line.trim() === '');
  const isFenced = fence > 0 && lines.slice(0, fence).every(isEntry);
  const count = isFenced ? fence : empty === -1 ? lines.length : empty;
  const head = lines.slice(0, count);
  const isSecret = head.some(isSecretLine);
  const isFrontMatter = isSecret || head.filter(isTellingLine).length >= (isFenced ? 1 : 2);
  if (!isFrontMatter) return undefined;
  if (!head.every(isEntry)) {
    if (!isSecret) return undefined;
    throw new UnreadableFile('it begins with lines like front matter, which have no end (a line of ---)');
  }
  const format = isFenced && lines[fence]?.startsWith(';') ? 'JSON' : 'YAML';
  const after = text.split('\n').slice(isFenced ? count + 1 : count);
  return { attributes: parse(format, head.join('\n')), body: after.join('\n') };
}

/** Without YAML warnings in the log, which would disturb the progress display; errors are reported with the file. */
const OPTIONS = { maxAliasCount: 20, logLevel: 'error', merge: true } as const;

const parsers: Readonly<Record<Format, (text: string) => unknown>> = {
  YAML: (text) => parseYaml(text, OPTIONS) ?? {},
  TOML: (text) => parseToml(text),
  JSON: (text) =>
    text.trim() === '' ? {} : JSON.parse(text.trim().startsWith('{') ? text : `{${text.replace(/,\s*$/, '')}}`),
};

/** Throws UnreadableFile. */
export function parse(format: Format, text: string): Attributes {
  let parsed: unknown;
  try {
    parsed = parsers[format](text);
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    const why = error instanceof YAMLError ? error.code : reason;
    throw new UnreadableFile(`its front matter is not valid ${format}: ${why}`);
  }
  const { success, data = {} } = z.record(z.string(), z.unknown()).safeParse(parsed);
  if (!success) throw new UnreadableFile('its front matter is not a mapping of names to values');
  return withNormalNames(data);
}

/** The first value of each name; what decides whether a file is public must be there once. */
function withNormalNames(values: Readonly<Record<string, unknown>>): Attributes {
  const attributes = new Map<string, unknown>();
  for (const [written, value] of Object.entries(values)) {
    const name = normalName(written);
    if (!attributes.has(name)) attributes.set(name, value);
    else if (isSecretLine(`${written}:`) || /^_?build$/i.test(written))
      throw new UnreadableFile(`its front matter has ${name} twice`);
  }
  return attributes;
}
