import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnreadableFile } from './front-matter.js';

const MAX_BYTES = 1_048_576;
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * The paths of all files with a Markdown extension in a folder and its subfolders, relative to the folder. Links to
 * folders are not followed. Throws the errors of the file system unchanged.
 */
export function markdownFilesIn(folder: string, below = ''): string[] {
  const entries = readdirSync(join(folder, below), { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.') && name !== 'node_modules')
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) return markdownFilesIn(folder, path);
    return /\.(md|markdown)$/i.test(entry.name) ? [path] : [];
  });
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
