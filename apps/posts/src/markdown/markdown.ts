import markdownIt, { type Token } from 'markdown-it';
import sanitizeHtml from 'sanitize-html';

const MAX_MENTIONS = 50;
const MENTION = /(?<![\p{L}\p{N}_@/.])@([a-z0-9_]{3,30})(?![a-z0-9_])/giu;

/** Linkify is disabled: with it, a crafted text takes seconds to render. */
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

/** Only crafted texts exceed this length, with references that repeat their definition. */
export const MAX_HTML_LENGTH = 1_000_000;

export class RenderedTooLong extends Error {}

export interface RenderedText {
  /** Sanitised, safe to embed in any page: no scripts, no event handlers, only http, https and mailto URLs. */
  readonly html: string;
  /** The mentioned handles, in lower case, without duplicates. Code, links, URLs and e-mail addresses are ignored. */
  readonly mentions: string[];
}

/** Throws RenderedTooLong, before the memory for the HTML is allocated. */
export function renderMarkdown(markdown: string): RenderedText {
  const environment = {};
  const tokens = renderer.parse(markdown, environment);
  // Tokens share the text of a reference and `render` repeats it, so the length must be checked before rendering.
  if (lengthOf(tokens) > MAX_HTML_LENGTH) throw new RenderedTooLong();
  const html = renderer.renderer.render(tokens, renderer.options, environment);
  if (html.length > MAX_HTML_LENGTH) throw new RenderedTooLong();
  return { html: sanitizeHtml(html, allowed), mentions: mentionsIn(tokens) };
}

/** Lower bound of the length of the HTML: the total length of texts and attribute values. */
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
  return [...new Set(handles)].slice(0, MAX_MENTIONS);
}
