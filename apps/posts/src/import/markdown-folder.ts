import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDraftFolder } from './reading/drafts.js';
import { type Attributes, parse, splitFrontMatter, UnreadableFile } from './reading/front-matter.js';

const MAX_BYTES = 1_048_576;
const decoder = new TextDecoder('utf-8', { fatal: true });

/** A path relative to the folder, and why nothing below it is imported. */
export interface Skipped {
  readonly path: string;
  readonly reason: string;
}

export interface MarkdownFolder {
  /** The paths of all files with a Markdown extension, relative to the folder and sorted. */
  readonly files: readonly string[];
  readonly skipped: readonly Skipped[];
}

/**
 * The Markdown files in a folder and its subfolders, without those that no generator of sites would publish because of
 * their names. Links to folders are not followed. Throws the errors of the file system unchanged.
 */
export function markdownFilesIn(folder: string, below = ''): MarkdownFolder {
  const entries = readdirSync(join(folder, below), { withFileTypes: true }).toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  const found = entries.map((entry): MarkdownFolder => {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    const isText = /\.(md|markdown|mdx)$/i.test(entry.name);
    if (!entry.isDirectory() && !isText) return { files: [], skipped: [] };
    const reason = reasonToSkip(entry.name, isText);
    if (reason) return { files: [], skipped: [{ path, reason }] };
    return entry.isDirectory() ? markdownFilesIn(folder, path) : { files: [path], skipped: [] };
  });
  return { files: found.flatMap(({ files }) => files), skipped: found.flatMap(({ skipped }) => skipped) };
}

/** Folders and files of these names are texts, although their names begin with _. */
const TEXTS = /^_(?:posts|drafts|index\.(?:md|markdown))$/i;

function reasonToSkip(name: string, isText: boolean): string | undefined {
  if (name.startsWith('.')) return 'its name begins with a dot';
  if (name === 'node_modules') return 'it holds packages';
  if (name.startsWith('_') && !TEXTS.test(name)) return 'its name begins with _';
  if (isText && /\.mdx$/i.test(name)) return 'MDX is a program, not only a text';
  return undefined;
}

/** The text of a file. Throws UnreadableFile. */
export function readText(folder: string, path: string): string {
  const file = join(folder, path);
  try {
    const found = lstatSync(file);
    if (!found.isFile()) throw new UnreadableFile('it is a link or not a regular file');
    if (found.size > MAX_BYTES) throw new UnreadableFile('it is larger than 1 MiB');
    return decoder.decode(readFileSync(file));
  } catch (error) {
    if (error instanceof UnreadableFile) throw error;
    if (error instanceof TypeError) throw new UnreadableFile('it is not UTF-8');
    throw new UnreadableFile(`it cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

/**
 * What a file inherits from the folders above it: Hugo's `cascade` in `_index.md`, and Eleventy's data file of the folder.
 * Conditions of a cascade are ignored, so a file may become a draft that would be published. Throws UnreadableFile.
 */
export function inheritedBy(folder: string, path: string): Attributes {
  const above = path.split('/').slice(0, -1);
  const folders = ['', ...above.map((_, n) => above.slice(0, n + 1).join('/'))];
  const inherited = folders.flatMap((each) => [...cascadeOf(folder, each), ...dataOf(folder, each)]);
  return new Map([...(isDraftFolder(basename(folder)) ? [['draft', true] as const] : []), ...inherited]);
}

function cascadeOf(folder: string, below: string): Attributes {
  const text = textIfThere(folder, join(below, '_index.md'));
  const cascade = text === undefined ? undefined : splitFrontMatter(text).attributes.get('cascade');
  const all = Array.isArray(cascade) ? cascade : [cascade];
  return new Map(
    all.flatMap((each) => [...(typeof each === 'object' && each ? parse('JSON', JSON.stringify(each)) : [])]),
  );
}

function dataOf(folder: string, below: string): Attributes {
  const name = below.split('/').at(-1);
  const texts = name ? ['json', '11tydata.json'].map((end) => textIfThere(folder, join(below, `${name}.${end}`))) : [];
  return new Map(texts.flatMap((text) => (text === undefined ? [] : [...parse('JSON', text)])));
}

function textIfThere(folder: string, path: string): string | undefined {
  const found = lstatSync(join(folder, path), { throwIfNoEntry: false });
  return found?.isFile() ? readText(folder, path) : undefined;
}
