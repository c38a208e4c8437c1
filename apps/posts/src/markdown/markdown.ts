import markdownIt, { type Token } from 'markdown-it';
import sanitizeHtml from 'sanitize-html';
import { markEscaped, mentionsIn, withoutMarks } from './mentions.js';

/** Linkify is disabled: with it, a crafted text takes seconds to render. */
export const renderer = markdownIt({ html: true });
/** Renders for the search for mentions alone. */
const markingRenderer = markdownIt({ html: true });
markEscaped(markingRenderer);

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
  /** The mentioned handles, in lower case, without duplicates: see mentions.ts. */
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
  const mentions = markdown.includes('@') ? mentionsIn(markingRenderer.render(withoutMarks(markdown)), allowed) : [];
  return { html: sanitizeHtml(html, allowed), mentions };
}

/** Lower bound of the length of the HTML: the total length of texts and attribute values. */
function lengthOf(tokens: readonly Token[]): number {
  return tokens.reduce((sum, { content, attrs, children }) => {
    const written = attrs?.reduce((length, [, value]) => length + String(value).length, 0) ?? 0;
    return sum + written + (children ? lengthOf(children) : content.length);
  }, 0);
}
