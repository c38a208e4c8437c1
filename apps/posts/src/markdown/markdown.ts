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

export interface RenderedText {
  /** Safe to put into any page: no scripts, no handlers, no other schemes than the web's. */
  readonly html: string;
  /** The handles that the text mentions, in lower case, each once. Code, links and addresses mention nobody. */
  readonly mentions: string[];
}

export function renderMarkdown(markdown: string): RenderedText {
  const environment = {};
  const tokens = renderer.parse(markdown, environment);
  const html = renderer.renderer.render(tokens, renderer.options, environment);
  return { html: sanitizeHtml(html, allowed), mentions: mentionsIn(tokens) };
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
