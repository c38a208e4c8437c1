import markdownIt from 'markdown-it';
import sanitizeHtml from 'sanitize-html';

const MOST_MENTIONS = 50;
const MENTION = /(?<![\p{L}\p{N}_@/.])@([a-z0-9_]{3,30})(?![a-z0-9_])/giu;

const renderer = markdownIt({ html: true, linkify: true });

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

/** Markdown as HTML that is safe to put into any page: no scripts, no handlers, no other schemes than the web's. */
export function renderMarkdown(markdown: string): string {
  return sanitizeHtml(renderer.render(markdown), allowed);
}

/** The handles that a text mentions, in lower case, each once. Code, links and addresses mention nobody. */
export function mentionsIn(markdown: string): string[] {
  const inline = renderer.parse(markdown, {}).flatMap((token) => token.children ?? []);
  let links = 0;
  const texts = inline.map((token) => {
    if (token.type === 'link_open') links++;
    if (token.type === 'link_close') links--;
    return token.type === 'text' && links === 0 ? token.content : ' ';
  });
  const handles = texts.flatMap((content) =>
    [...content.matchAll(MENTION)].map(([, handle = '']) => handle.toLowerCase()),
  );
  return [...new Set(handles)].slice(0, MOST_MENTIONS);
}
