import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '#database';
import { z } from 'zod';

export const MARKER = '.twofold.json';
const Marker = z.object({ site: z.uuid() });

/**
 * A folder whose files are the posts of one site. Its id is in a file `.twofold.json` in the folder, which the first import
 * writes: so a file is the same one wherever the folder is moved or copied to, and however the import is called.
 */
export interface Site {
  readonly id: string;
  /** The folder with the marker. */
  readonly root: string;
}

/** The nearest folder that has a marker, of this one and those above; without any this one. Throws what the file system throws. */
export function rootOf(folder: string): string {
  const start = realpathSync(folder);
  for (let root = start; ; root = dirname(root)) {
    if (existsSync(join(root, MARKER))) return root;
    if (root === dirname(root)) return start;
  }
}

/** The site of a folder without one above, which becomes one if it is not yet. Throws UserError. */
export function siteAt(root: string): Site {
  return existsSync(join(root, MARKER)) ? { id: idIn(root), root } : createSite(root);
}

/**
 * What a file is called within its site: its path without the extension, and for an index without its own name, so that a
 * page may become a bundle and back. Normalised, because file systems differ in how they store an é.
 */
export function nameOf(path: string): string {
  const name = path.replace(/\.[^./]*$/, '').replace(/(^|\/)_?index$/i, '');
  return (name || 'index').normalize('NFC');
}

function idIn(root: string): string {
  try {
    return Marker.parse(JSON.parse(readFileSync(join(root, MARKER), 'utf8'))).site;
  } catch {
    throw new UserError(
      `${join(root, MARKER)} is not what an import has written: restore it, or delete it to import new posts.`,
    );
  }
}

function createSite(root: string): Site {
  const id = randomUUID();
  try {
    writeFileSync(join(root, MARKER), `${JSON.stringify({ site: id }, undefined, 2)}\n`, { flag: 'wx' });
    return { id, root };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return { id: idIn(root), root };
    throw new UserError(
      `${join(root, MARKER)} cannot be written (${code}). It tells this folder from others: make the folder writable, or write it yourself, as {"site":"${id}"}.`,
    );
  }
}
