import sanitizeHtml from 'sanitize-html';

const MAX_LENGTH = 140;
/** Only this many characters of the HTML are parsed. Far more than the excerpt needs, because tags take up space. */
const MAX_HTML_LENGTH = 20_000;

/** The beginning of an HTML text as plain text on one line, cut between words if possible. */
export function excerptOf(html: string): string {
  const text = unescaped(sanitizeHtml(html.slice(0, MAX_HTML_LENGTH), { allowedTags: [] }))
    .replace(/\s+/g, ' ')
    .trim();
  if (text.length <= MAX_LENGTH) return text;
  const cut = text.slice(0, MAX_LENGTH);
  const end = cut.lastIndexOf(' ');
  return `${(end > MAX_LENGTH / 2 ? cut.slice(0, end) : cut).toWellFormed()}…`;
}

const entities: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&amp;': '&' };

function unescaped(html: string): string {
  return html.replace(/&(lt|gt|quot|amp);/g, (entity) => entities[entity] ?? entity);
}
