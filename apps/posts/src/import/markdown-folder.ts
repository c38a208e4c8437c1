import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { UnreadableFile } from './front-matter.js';

const LARGEST = 1_048_576;
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The Markdown files below a folder, by their path in it; links are not followed. Throws what the file system throws. */
export function markdownFilesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(md|markdown)$/i.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.split('/').some((part) => part.startsWith('.') || part === 'node_modules'))
    .sort();
}

/** The text of a file. Throws UnreadableFile. */
export function readText(folder: string, path: string): string {
  const file = join(folder, path);
  try {
    if (lstatSync(file).size > LARGEST) throw new UnreadableFile('it is larger than 1 MiB');
    return decoder.decode(readFileSync(file));
  } catch (error) {
    if (error instanceof UnreadableFile) throw error;
    if (error instanceof TypeError) throw new UnreadableFile('it is not UTF-8');
    throw new UnreadableFile(`it cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
