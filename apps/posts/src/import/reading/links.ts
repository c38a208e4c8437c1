import { posix } from 'node:path';
import { renderer } from '../../markdown/markdown.js';

/** The address of an imported file, by what a link calls it; undefined if no such file is imported. */
export type Resolve = (target: string, fromFolder: string) => string | undefined;

export interface Linked {
  readonly body: string;
  /** Links to Markdown files that are not imported: they stay as they are. */
  readonly unresolved: readonly string[];
}

/**
 * Lets links to other files lead to their posts: of Markdown and HTML (`other.md`), Hugo (`relref`), Jekyll (`post_url`,
 * `link`) and Obsidian (`[[other]]`). Code and comments stay as they are. `path` is that of the file, relative to its site.
 */
export function resolveLinks(body: string, path: string, resolve: Resolve): Linked {
  const unresolved = new Set<string>();
  const folder = posix.dirname(path);
  const addressOf = (target: string, isFolder = false): string | undefined => {
    const [file = '', fragment = ''] = target.split(/(?=[?#])/);
    const address = resolve(decoded(file), folder);
    // A folder may hold anything.
    if (address === undefined && !isFolder) unresolved.add(target);
    return address && address + (fragment.startsWith('#') ? encodeURI(decoded(fragment)) : '');
  };
  const rewrite = (text: string): string =>
    text
      .replaceAll(SHORTCODE, (all, target: string) => addressOf(target) ?? all)
      .replaceAll(LIQUID, (all, target: string) => addressOf(target) ?? all)
      .replaceAll(WIKI, (all, target: string, label?: string) => {
        const address = isText(target) ? addressOf(target) : undefined;
        return address === undefined ? all : `[${(label ?? target.replace('#', ' > ')).trim()}](${address})`;
      })
      .replaceAll(TARGET, (all, before: string, target: string) => {
        const address = isFile(target) ? addressOf(target, /\/(?:[?#]|$)/.test(target)) : undefined;
        return address === undefined ? all : before + address;
      });
  return { body: mapText(body, rewrite), unresolved: [...unresolved] };
}

/** Applies `change` to what is not code, line by line as the Markdown parser divides it. */
function mapText(body: string, change: (text: string) => string): string {
  const lines = body.split('\n');
  const isCode = Array.from<boolean>({ length: lines.length }).fill(false);
  for (const { type, map, content } of renderer.parse(body, {})) {
    const stays =
      ['fence', 'code_block'].includes(type) || (type === 'html_block' && /<(?:pre|code|!--)/i.test(content));
    if (map && stays) isCode.fill(true, map[0], map[1]);
  }
  const blocks: string[] = [];
  for (let from = 0, to = 0; from < lines.length; from = to) {
    // An empty line ends a span of code, too.
    const isEnd = (n: number) => isCode[n] !== isCode[from] || (lines[n - 1] ?? '').trim() === '';
    for (to = from + 1; to < lines.length && !isEnd(to); to++);
    const block = lines.slice(from, to).join('\n');
    blocks.push(
      isCode[from]
        ? block
        : block
            .split(CODE_SPAN)
            .map((part, n) => (n % 3 === 0 ? change(part) : n % 3 === 1 ? part : ''))
            .join(''),
    );
  }
  return blocks.join('\n');
}

/** Whole, and its backticks. Backticks after a backslash begin none. */
const CODE_SPAN =
  /(\{%-?\s*raw[\s\S]*?endraw\s*-?%\}|<!--[\s\S]*?-->|<code\b[\s\S]*?<\/code>|(?<![\\`])(`{1,20})(?!`)[\s\S]*?(?<!`)\2(?!`))/i;
const SHORTCODE = /\{\{[<%]\s*(?:rel)?ref\s+(?:path=)?"?([^\s">%]+)"?[^<>%{}\n]*[>%]\}\}/g;
const LIQUID = /(?:\{\{\s*site\.(?:base)?url\s*\}\})?\{%-?\s*(?:post_url|link)\s+([^\s%]+)\s*-?%\}/g;
const WIKI = /(?<![\w\\])!?\[\[([^\]|\n\\]{1,300})(?:\\?\|([^\]\n]{0,300}))?\]\]/g;
const TARGET =
  /(\]\([ \t]{0,9}<?|^[ ]{0,3}\[[^\]\n]{1,300}\]:[ \t]{0,9}<?|<a\s(?:[^<>]{0,300}\s)?href\s?=\s?["']?)([^\s<>()"']+)/gm;

/** Whether a wiki link names a text: not a heading of this one, an attachment or a condition of a shell. */
function isText(target: string): boolean {
  const [file = ''] = target.split('#');
  return /^\S/.test(file) && (!/\.\w{1,5}$/.test(file) || /\.(?:md|markdown)$/i.test(file));
}

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
    if (found !== undefined || target.includes('/')) return found;
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
