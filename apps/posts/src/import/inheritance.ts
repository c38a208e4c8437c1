import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readText } from './markdown-folder.js';
import { reasonForDraft } from './reading/drafts.js';
import { type Attributes, parse, splitFrontMatter } from './reading/front-matter.js';

/**
 * What files inherit: Hugo's `cascade` in the index of each folder above, what the index of a bundle says of being private,
 * and Eleventy's data files of a folder and of a file. Conditions of a cascade are ignored, and data in JavaScript cannot be
 * read, so a file may become a draft that would be published.
 */
export class Inheritance {
  /** Each folder is read once, however many files it has. */
  private readonly folders = new Map<string, Attributes>();
  private readonly bundles = new Map<string, Attributes>();

  constructor(private readonly root: string) {}

  /** The attributes that a file has if it does not set them itself. Throws UnreadableFile. */
  of(path: string): Attributes {
    const folder = dirname(path);
    const index = join(folder, 'index.md');
    const isPart = folder !== '.' && path !== index;
    const bundle = isPart ? remembered(this.bundles, folder, () => this.bundleOf(index)) : [];
    return new Map([...this.ofFolder(folder), ...bundle, ...this.dataAt(path.replace(/\.[^./]*$/, ''))]);
  }

  private ofFolder(folder: string): Attributes {
    return remembered(this.folders, folder, () => {
      const above = folder === '.' ? [] : this.ofFolder(dirname(folder));
      return new Map([...above, ...this.cascadeOf(folder), ...this.dataAt(join(folder, basename(folder)))]);
    });
  }

  private cascadeOf(folder: string): [string, unknown][] {
    const names = readdirSync(join(this.root, folder)).filter((name) =>
      /^_index(?:\.[\w-]+)?\.(?:md|markdown)$/i.test(name),
    );
    return names.flatMap((name) => {
      const cascade = splitFrontMatter(readText(this.root, join(folder, name))).attributes.get('cascade');
      const all: unknown[] = Array.isArray(cascade) ? cascade : [cascade];
      return all.flatMap((each) => (typeof each === 'object' && each ? [...parse('JSON', JSON.stringify(each))] : []));
    });
  }

  /** Other texts beside the `index.md` of a Hugo bundle are parts of it, and as private as it is. */
  private bundleOf(index: string): Attributes {
    const text = this.textIfThere(index);
    const isSecret = text !== undefined && reasonForDraft(index, splitFrontMatter(text).attributes) !== undefined;
    return new Map(isSecret ? [['draft', true]] : []);
  }

  private dataAt(name: string): [string, unknown][] {
    const isProgram = ['js', 'cjs', 'mjs'].some((end) => existsSync(join(this.root, `${name}.11tydata.${end}`)));
    if (isProgram) return [['draft', true]];
    const texts = ['json', '11tydata.json'].map((end) => this.textIfThere(`${name}.${end}`));
    return texts.flatMap((text) => (text === undefined ? [] : [...parse('JSON', text)]));
  }

  private textIfThere(path: string): string | undefined {
    const found = lstatSync(join(this.root, path), { throwIfNoEntry: false });
    return found?.isFile() ? readText(this.root, path) : undefined;
  }
}

function remembered(known: Map<string, Attributes>, name: string, read: () => Attributes): Attributes {
  const attributes = known.get(name) ?? read();
  known.set(name, attributes);
  return attributes;
}
