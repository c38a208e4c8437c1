import type markdownIt from 'markdown-it';
import type sanitizeHtml from 'sanitize-html';

const MAX_MENTIONS = 50;

/** A noncharacter before an @ that its author has escaped, until the text is rendered. */
const MARK = '\uFDD0';

/** Scripts without spaces between words: a mention may stand directly beside their letters. */
const UNSPACED = ['Han', 'Hira', 'Kana', 'Thai', 'Lao', 'Khmer', 'Mymr'].map((script) => `\\p{scx=${script}}`).join('');
const BEFORE = String.raw`[\p{L}--[${UNSPACED}]]\p{N}\p{M}_\-\/@+=\&${MARK}`;
/** Particles of Korean follow a name without a space. */
const AFTER = String.raw`[\p{L}--[${UNSPACED}\p{scx=Hang}]]\p{N}`;
const MENTION = new RegExp(
  String.raw`(?<![${BEFORE}])@([a-zA-Z0-9_]{3,30})(?![a-zA-Z0-9_]|[${AFTER}\p{M}@\/]|[\-.][${AFTER}])`,
  'gv',
);

/** Elements that do not separate words. */
const inline = new Set(
  [
    'abbr',
    'b',
    'bdi',
    'bdo',
    'big',
    'cite',
    'data',
    'del',
    'dfn',
    'em',
    'font',
    'i',
    'ins',
    'kbd',
    'mark',
    'q',
    's',
  ].concat(['samp', 'small', 'span', 'strike', 'strong', 'sub', 'sup', 'time', 'tt', 'u', 'var', 'wbr']),
);
const silent = new Set(['a', 'code', 'pre']);

/** Marks each @ that is written as `\@` or as an entity in Markdown, which then mentions nobody. */
export function markEscaped(renderer: ReturnType<typeof markdownIt>): void {
  renderer.core.ruler.before('text_join', 'escaped_at', ({ tokens }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? []))
      if (token.type === 'text_special') token.content = token.content.replaceAll('@', `${MARK}@`);
  });
}

/** The same for entities in HTML. */
export function withMarkedEntities(html: string): string {
  return html.replaceAll(/&(?:#0*64(?!\d)|#x0*40(?![\da-f])|commat(?=;));?/gi, `${MARK}@`);
}

export function withoutMarks(text: string): string {
  return text.replaceAll(MARK, '');
}

/**
 * Reads mentions while HTML is sanitised: in the text of blocks, across inline elements; never in links, code, URLs or
 * removed elements. What a mention is, the public contract says (api.md, notifications).
 */
export class MentionReader {
  private text = '';
  private silence = 0;

  readonly hooks: Pick<sanitizeHtml.IOptions, 'onOpenTag' | 'onCloseTag' | 'textFilter'> = {
    onOpenTag: (name) => this.open(name),
    onCloseTag: (name) => this.close(name),
    textFilter: (escaped) => {
      if (this.silence === 0) this.text += unescaped(escaped);
      return escaped;
    },
  };

  /** In lower case and without duplicates, of the first 50 mentions. */
  mentions(): string[] {
    const handles = [...withoutUrls(this.text).matchAll(MENTION)].map(([, handle = '']) => handle.toLowerCase());
    return [...new Set(handles.slice(0, MAX_MENTIONS))];
  }

  private open(name: string): void {
    if (!inline.has(name)) this.text += ' ';
    if (silent.has(name)) this.silence++;
  }

  private close(name: string): void {
    if (!inline.has(name)) this.text += ' ';
    if (silent.has(name)) this.silence--;
  }
}

/** What the sanitiser escapes in a text. */
function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}

/** Without every `scheme://`, and what follows it up to a space. A loop, because an expression could take quadratic time. */
function withoutUrls(text: string): string {
  return text.replaceAll(/\S+/g, (word) => {
    let start = word.indexOf('://');
    if (start < 1) return word;
    while (start > 0 && /[a-z0-9+.-]/i.test(word.charAt(start - 1))) start--;
    return `${word.slice(0, start)} `;
  });
}
