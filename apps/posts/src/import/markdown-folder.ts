import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MARKER } from './site.js';
import { UnreadableFile } from './reading/front-matter.js';

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
    const reason = reasonToSkip(entry.name, isText) ?? reasonToSkipSite(join(folder, path), entry.isDirectory());
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

/** Otherwise each of its files would be two: one of its own site, and one of the site above. */
function reasonToSkipSite(path: string, isFolder: boolean): string | undefined {
  const isSite = isFolder && existsSync(join(path, MARKER));
  return isSite ? `it is a site of its own: import it by itself, or delete its ${MARKER}` : undefined;
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
