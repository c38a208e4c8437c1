import type markdownIt from 'markdown-it';
import sanitizeHtml from 'sanitize-html';

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
  ].concat(['samp', 'small', 'span', 'strike', 'strong', 'sub', 'sup', 'time', 'tt', 'u', 'var', 'wbr', 'a', 'code']),
);
const silent = new Set(['a', 'code', 'pre']);

/** Marks each @ that is written as `\@` or as an entity in Markdown, which then mentions nobody. */
export function markEscaped(renderer: ReturnType<typeof markdownIt>): void {
  renderer.core.ruler.before('text_join', 'escaped_at', ({ tokens }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? []))
      if (token.type === 'text_special') token.content = token.content.replaceAll('@', `${MARK}@`);
  });
}

/**
 * The handles that HTML mentions, in lower case and without duplicates, of the first 50 mentions: in the text of blocks,
 * across inline elements; never in links, code, URLs or what is removed from `html` when it is sanitised. What a mention
 * is, the public contract says. `html` is rendered with `markEscaped`, for this purpose alone: what is shown to people must
 * never be changed after it was sanitised.
 */
export function mentionsIn(html: string, options: sanitizeHtml.IOptions): string[] {
  const shown = new Set(options.allowedTags === false ? [] : options.allowedTags);
  let text = '';
  let silence = 0;
  const step = (name: string, change: 1 | -1) => {
    // What the sanitiser removes separates nothing.
    if (shown.has(name) && !inline.has(name)) text += ' ';
    if (silent.has(name)) silence += change;
  };
  const marked = html.replaceAll(/&(?:#0*64(?!\d)|#x0*40(?![\da-f])|commat(?=;));?/gi, `${MARK}@`);
  sanitizeHtml(marked, {
    ...options,
    onOpenTag: (name) => step(name, 1),
    onCloseTag: (name) => step(name, -1),
    textFilter: (escaped) => {
      const found = unescaped(escaped);
      text += silence > 0 ? found.replaceAll(/[\w@]/g, UNMENTIONABLE) : found;
      return escaped;
    },
  });
  const handles = [...withoutUrls(text).matchAll(MENTION)].map(([, handle = '']) => handle.toLowerCase());
  return [...new Set(handles.slice(0, MAX_MENTIONS))];
}

/** Markdown in which nothing looks like our marks. */
export function withoutMarks(markdown: string): string {
  return markdown.replaceAll(MARK, '\uFDD1');
}

/** Stands for the text of links and code: a letter, but of no handle. */
const UNMENTIONABLE = 'é';

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
