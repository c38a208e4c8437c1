import { parse as parseToml } from 'smol-toml';
import { parse as parseYaml, YAMLError } from 'yaml';
import { z } from 'zod';

/** A file that cannot be imported; the message is the reason. */
export class UnreadableFile extends Error {}

export type Format = 'YAML' | 'TOML' | 'JSON';

/** Values by name in lower case: generators differ in how they write them. */
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
 * is ignored, as are a byte order mark and HTML comments.
 */
export function splitFrontMatter(text: string): Split {
  const normal = text.replaceAll(/\r\n?/g, '\n').replace(/^\uFEFF/, '');
  const start = normal.replace(/^(?:[\s\uFEFF\u200B]|<!--[\s\S]*?-->)*/, '');
  const found = fenced(start) ?? inBraces(start) ?? withoutOpening(start);
  return found ?? { attributes: new Map(), body: normal };
}

const NAME = String.raw`["']?[A-Za-z_][\w .-]*["']?[ \t]*`;
const SPACE = String.raw`[ \t\u00a0]*`;
const OPENING = new RegExp(String.raw`^(-{3,}|\+{3,}|;{3,})${SPACE}(\w*)${SPACE}(#[^\n]*)?(?:\n|$)`);
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
  const [line, fence = '', language = ''] = OPENING.exec(text) ?? [];
  const mark = fence.charAt(0);
  if (line === undefined) {
    if (/^(?:---|\+\+\+|;;;).*[:=]/.test(text)) throw new UnreadableFile('its first line looks like front matter');
    return undefined;
  }
  const rest = text.slice(line.length);
  const ends = mark === '-' ? String.raw`(?:-{3,}|\.{3})` : `\\${mark}{3,}`;
  const end = new RegExp(`^${ends}${SPACE}(?:\n|$)`, 'm').exec(rest);
  if (!end) {
    const isText =
      language === '' && mark === '-' && !new RegExp(String.raw`^\s*(?:#[^\n]*\n\s*)*${NAME}[:=]`).test(rest);
    if (isText) return undefined; // a thematic break
    throw new UnreadableFile(`its front matter has no end (a line of ${mark.repeat(3)})`);
  }
  const format = formats[language.toLowerCase() || mark];
  if (!format) throw new UnreadableFile(`its front matter is ${language}, which cannot be read`);
  return { attributes: parse(format, rest.slice(0, end.index)), body: rest.slice(end.index + end[0].length) };
}

/** Hugo's JSON: an object at the start. Templates begin with two braces or with {%, attributes of kramdown with {:. */
function inBraces(text: string): Split | undefined {
  if (!/^\{(?![{%:])/.test(text)) return undefined;
  const token = /"(?:[^"\\]|\\.)*"|[{}]/g;
  let depth = 0;
  for (const { 0: found, index } of text.matchAll(token)) {
    if (found === '{') depth++;
    if (found === '}' && --depth === 0)
      return { attributes: parse('JSON', text.slice(0, index + 1)), body: text.slice(index + 1) };
  }
  throw new UnreadableFile('it begins with { like front matter in JSON, which has no end');
}

/** Names that make lines front matter: a text may also begin with lines like "Note: …". */
const TELLING =
  /^["']?(?:title|date|draft|published?|status|visibility|tags|categor(?:y|ies)|layout|slug|permalink)["']?[ \t]*:/im;

function withoutOpening(text: string): Split | undefined {
  const lines = String.raw`(?:(?:${NAME}:|[ \t]+\S|-[ \t]|#)[^\n]*\n)+`;
  const [all, yaml = '', end = ''] = new RegExp(String.raw`^(${lines})(-{3,}|;{3,}|)${SPACE}(?:\n|$)`).exec(text) ?? [];
  if (all === undefined || !new RegExp(`^${NAME}:`).test(yaml) || !TELLING.test(yaml)) return undefined;
  return { attributes: parse(end.startsWith(';') ? 'JSON' : 'YAML', yaml), body: text.slice(all.length) };
}

/** Without YAML warnings in the log, which would disturb the progress display; errors are reported with the file. */
const OPTIONS = { maxAliasCount: 20, logLevel: 'error' } as const;

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
  return withLowerCaseNames(data);
}

function withLowerCaseNames(values: Readonly<Record<string, unknown>>): Attributes {
  const attributes = new Map<string, unknown>();
  for (const [name, value] of Object.entries(values)) {
    const lower = name.trim().toLowerCase();
    if (attributes.has(lower)) throw new UnreadableFile(`its front matter has ${lower} twice`);
    attributes.set(lower, value);
  }
  return attributes;
}
