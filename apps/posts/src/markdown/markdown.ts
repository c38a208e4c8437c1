import markdownIt, { type Token } from 'markdown-it';
import sanitizeHtml from 'sanitize-html';

const MOST_MENTIONS = 50;
const MENTION = /(?<![\p{L}\p{N}_@/.])@([a-z0-9_]{3,30})(?![a-z0-9_])/giu;

/** Without linkify: with it, a text made for the purpose takes seconds. */
const renderer = markdownIt({ html: true });

const allowed: sanitizeHtml.IOptions = {
  allowedTags: [...sanitizeHtml.defaults.allowedTags, 'img', 'del', 'ins', 'details', 'summary'],
  allowedAttributes: {
    a: ['href', 'title', 'rel'],
    img: ['src', 'alt', 'title'],
    code: ['class'],
    th: ['style'],
    td: ['style'],
  },
  allowedClasses: { code: [/^language-[\w+#-]+$/] },
  allowedStyles: { '*': { 'text-align': [/^(left|right|center)$/] } },
  allowedSchemes: ['http', 'https', 'mailto'],
  allowProtocolRelative: false,
  transformTags: { a: sanitizeHtml.simpleTransform('a', { rel: 'nofollow noopener ugc' }) },
};

/** A text that becomes longer than this was made for it: references repeat what they name. */
export const LONGEST_HTML = 1_000_000;

export class RenderedTooLong extends Error {}

export interface RenderedText {
  /** Safe to put into any page: no scripts, no handlers, no other schemes than the web's. */
  readonly html: string;
  /** The handles that the text mentions, in lower case, each once. Code, links and addresses mention nobody. */
  readonly mentions: string[];
}

/** Throws RenderedTooLong, before it uses the memory for it. */
export function renderMarkdown(markdown: string): RenderedText {
  const environment = {};
  const tokens = renderer.parse(markdown, environment);
  // References share what they name until it is written out: it would be too late to look then.
  if (lengthOf(tokens) > LONGEST_HTML) throw new RenderedTooLong();
  const html = renderer.renderer.render(tokens, renderer.options, environment);
  if (html.length > LONGEST_HTML) throw new RenderedTooLong();
  return { html: sanitizeHtml(html, allowed), mentions: mentionsIn(tokens) };
}

/** Of the texts and attributes that will be written, at least. */
function lengthOf(tokens: readonly Token[]): number {
  return tokens.reduce((sum, { content, attrs, children }) => {
    const written = attrs?.reduce((length, [, value]) => length + String(value).length, 0) ?? 0;
    return sum + written + (children ? lengthOf(children) : content.length);
  }, 0);
}

function mentionsIn(tokens: readonly Token[]): string[] {
  let links = 0;
  const texts = tokens
    .flatMap((token) => token.children ?? [])
    .map((token) => {
      if (token.type === 'link_open') links++;
      if (token.type === 'link_close') links--;
      return token.type === 'text' && links === 0 ? token.content : ' ';
    });
  const handles = texts.flatMap((content) =>
    [...content.matchAll(MENTION)].map(([, handle = '']) => handle.toLowerCase()),
  );
  return [...new Set(handles)].slice(0, MOST_MENTIONS);
}
