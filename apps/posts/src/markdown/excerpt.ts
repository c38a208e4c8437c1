import sanitizeHtml from 'sanitize-html';

const LONGEST = 140;
/** Of the HTML, as far as it is looked at: tags are longer than what they hold. */
const LOOKED_AT = 20_000;

/** The beginning of a text as plain text on one line; cut between words where it can be. */
export function excerptOf(html: string): string {
  const text = unescaped(sanitizeHtml(html.slice(0, LOOKED_AT), { allowedTags: [] }))
    .replace(/\s+/g, ' ')
    .trim();
  if (text.length <= LONGEST) return text;
  const cut = text.slice(0, LONGEST);
  const end = cut.lastIndexOf(' ');
  return `${(end > LONGEST / 2 ? cut.slice(0, end) : cut).toWellFormed()}…`;
}

const entities: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&amp;': '&' };

function unescaped(html: string): string {
  return html.replace(/&(lt|gt|quot|amp);/g, (entity) => entities[entity] ?? entity);
}
