import { relative, sep } from 'node:path';
import { realpathSync } from 'node:fs';
import { Inheritance } from './inheritance.js';
import { markdownFilesIn, readText } from './markdown-folder.js';
import { isDraftFolder } from './reading/drafts.js';
import { UnreadableFile } from './reading/front-matter.js';
import { EmptyFile, type MarkdownFile, readMarkdown } from './reading/markdown-file.js';
import { nameOf, rootOf } from './site.js';

/** What a user should know of a file. `path` is relative to the root of its site. */
export interface Note {
  readonly path: string;
  readonly text: string;
}

export interface FolderContent {
  /** Of the site that the folder belongs to. */
  readonly root: string;
  readonly files: readonly { readonly path: string; readonly file: MarkdownFile }[];
  /** What is not imported on purpose. */
  readonly skipped: readonly Note[];
  /** What should be imported, but cannot be. */
  readonly unreadable: readonly Note[];
}

/** Reads all Markdown files of a folder. Throws the errors of the file system for the folder itself. */
export function readFolder(folder: string): FolderContent {
  const root = rootOf(folder);
  const outer = root.split(sep).find(isDraftFolder);
  const found = markdownFilesIn(root, relative(root, realpathSync(folder)).split(sep).join('/'));
  const files: { path: string; file: MarkdownFile }[] = [];
  const skipped = found.skipped.map(({ path, reason }) => ({ path, text: reason }));
  const unreadable: Note[] = [];
  const names = new Map<string, string>();
  const inheritance = new Inheritance(root);
  for (const path of found.files) {
    try {
      const file = readMarkdown(path, readText(root, path), inheritance.of(path), outer);
      const same = names.get(nameOf(path));
      if (same) throw new UnreadableFile(`it is called like ${same}`);
      names.set(nameOf(path), path);
      files.push({ path, file });
    } catch (error) {
      if (error instanceof EmptyFile) skipped.push({ path, text: error.message });
      else if (error instanceof UnreadableFile) unreadable.push({ path, text: error.message });
      else throw error;
    }
  }
  return { root, files, skipped, unreadable };
}
