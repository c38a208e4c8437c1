import { posix } from 'node:path';

/** The address of an imported file, by what a link calls it; undefined if no such file is imported. */
export type Resolve = (target: string, fromFolder: string) => string | undefined;

export interface Linked {
  readonly body: string;
  /** Links to Markdown files that are not imported: they stay as they are. */
  readonly unresolved: readonly string[];
}

/**
 * Lets links to other files lead to their posts: of Markdown and HTML (`other.md`), Hugo (`relref`), Jekyll (`post_url`,
 * `link`) and Obsidian (`[[other]]`). Code stays as it is. `path` is that of the file, relative to its folder.
 */
export function resolveLinks(body: string, path: string, resolve: Resolve): Linked {
  const unresolved = new Set<string>();
  const folder = posix.dirname(path);
  const addressOf = (target: string): string | undefined => {
    const [file = '', fragment = ''] = target.split(/(?=[?#])/);
    const address = resolve(decoded(file), folder);
    if (address === undefined) unresolved.add(target);
    return address && address + (fragment.startsWith('#') ? fragment : '');
  };
  const rewrite = (text: string): string =>
    text
      .replaceAll(SHORTCODE, (all, target: string) => addressOf(target) ?? all)
      .replaceAll(LIQUID, (all, target: string) => addressOf(target) ?? all)
      .replaceAll(WIKI, (all, target: string, label?: string) => {
        const address = addressOf(target);
        return address === undefined ? all : `[${(label ?? target.replace('#', ' > ')).trim()}](${address})`;
      })
      .replaceAll(TARGET, (all, before: string, target: string) => {
        const address = isFile(target) ? addressOf(target) : undefined;
        return address === undefined ? all : before + address;
      });
  const parts = body.split(CODE);
  // Every second part is code.
  return { body: parts.map((part, n) => (n % 2 === 1 ? part : rewrite(part))).join(''), unresolved: [...unresolved] };
}

/** Fenced blocks, and spans between as many backticks as they begin with. */
const CODE =
  /(^[ \t]*`{3,}[^`\n]*\n[\s\S]*?(?:^[ \t]*`{3,}[ \t]*$|(?![\s\S]))|^[ \t]*~{3,}[^\n]*\n[\s\S]*?(?:^[ \t]*~{3,}[ \t]*$|(?![\s\S]))|(?<!`)``(?!`)[\s\S]+?(?<!`)``(?!`)|(?<!`)`(?!`)[^`]+`(?!`))/m;
const SHORTCODE = /\{\{[<%]\s*(?:rel)?ref\s+(?:path=)?"?([^\s">%]+)"?\s*[>%]\}\}/g;
const LIQUID = /(?:\{\{\s*site\.(?:base)?url\s*\}\})?\{%-?\s*(?:post_url|link)\s+([^\s%]+)\s*-?%\}/g;
const WIKI = /!?\[\[([^\]|\n]+)(?:\|([^\]\n]+))?\]\]/g;
const TARGET = /(\]\([ \t]*<?|^[ ]{0,3}\[[^\]\n]+\]:[ \t]*<?|href=["']?)([^\s<>()"']+)/gm;

/** Whether a link names a file with a text: not an address with a scheme or of another host, and not only a fragment. */
function isFile(target: string): boolean {
  return !/^(?:[a-z][a-z0-9+.-]*:|\/\/|#|\/v1\/)/i.test(target) && /(?:\.(?:md|markdown)|\/)(?:[?#]|$)/i.test(target);
}

function decoded(target: string): string {
  try {
    return decodeURIComponent(target);
  } catch {
    return target;
  }
}

/**
 * Finds files by their paths as links write them: relative to the linking file or to the folder, with or without extension,
 * by the folder of an index, or by the name alone if only one file has it.
 */
export function resolverOf(addresses: ReadonlyMap<string, string>): Resolve {
  const byPath = new Map<string, string>();
  const byName = new Map<string, string[]>();
  for (const [path, address] of addresses) {
    const plain = keyOf(path);
    byPath.set(plain, address);
    const name = plain.split('/').at(-1) ?? '';
    for (const each of new Set([name, name.replace(/^\d{4}-\d{2}-\d{2}-/, '')]))
      byName.set(each, [...(byName.get(each) ?? []), address]);
  }
  return (target, folder) => {
    const relative = keyOf(posix.join(target.startsWith('/') ? '' : folder, target));
    const found = byPath.get(relative) ?? byPath.get(keyOf(target));
    if (found !== undefined || target.startsWith('.')) return found;
    const [only, other] = byName.get(keyOf(target).split('/').at(-1) ?? '') ?? [];
    return other === undefined ? only : undefined;
  };
}

const keyOf = (path: string) =>
  posix
    .normalize(path.normalize('NFC'))
    .replace(/^(?:\.?\/)+/, '')
    .replace(/\.(?:md|markdown)$/i, '')
    .replace(/(^|\/)_?index$/i, '')
    .replace(/\/+$/, '')
    .toLowerCase();
