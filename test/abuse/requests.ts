/** One request that is designed to be expensive. With `authenticated` it is sent with an access token. */
export interface Abuse {
  readonly what: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT';
  readonly path: string;
  readonly authenticated?: true;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `unit` repeated, and cut at `length` characters. */
const fill = (unit: string, length: number) => unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
const LONG = 100_000;
/** Forty different words of three letters. */
export const WORDS = Array.from({ length: 40 }, (_, n) => `x${'bcdfghjk'[n % 8] ?? ''}${'lmnpq'[n >> 3] ?? ''}`);
const MIB = 1_048_576;

const post = (what: string, markdown: string): Abuse => ({
  what: `a post of ${what}`,
  method: 'POST',
  path: '/v1/posts',
  authenticated: true,
  body: JSON.stringify({ title: 'T', body: markdown, status: 'draft' }),
});
const comment = (what: string, markdown: string): Abuse => ({
  what: `a comment of ${what}`,
  method: 'POST',
  path: '/v1/posts/:post/comments',
  authenticated: true,
  body: JSON.stringify({ body: markdown }),
});
const json = (what: string, body: string, path = '/v1/auth/login'): Abuse => ({
  what: `JSON of ${what}`,
  method: 'POST',
  path,
  body,
  ...(path.startsWith('/v1/auth') ? {} : { authenticated: true }),
});
const query = (what: string, parameters: string, path = '/v1/posts'): Abuse => ({
  what: `a query of ${what}`,
  method: 'GET',
  path: `${path}?${parameters}`,
});
const search = (what: string, q: string) => query(`full text: ${what}`, `limit=20&q=${encodeURIComponent(q)}`);
const header = (what: string, name: string, value: string, path = '/v1/posts'): Abuse => ({
  what: `a header of ${what}`,
  method: 'GET',
  path,
  headers: { [name]: value },
});

const wideTable = (columns: number, rows: string) => '|a'.repeat(columns) + '\n' + '|:-:'.repeat(columns) + '\n' + rows;
const images = (depth: number, inside: string) => '!['.repeat(depth) + inside + '](b)'.repeat(depth);

export const abuses: readonly Abuse[] = [
  post('block quotes that are reparsed', fill('>>\n<\n', LONG)),
  post('block quotes with lazy continuation lines', fill(`${'>'.repeat(98)}\n${'a\n'.repeat(10)}`, LONG)),
  post('headings in block quotes', fill('># b\na\n', LONG)),
  post('98 block quotes and tags', '>'.repeat(98) + fill('<\n', LONG - 98)),
  post('references with a long title', `[a]: b (${'"'.repeat(5_000)})\n\n${fill('[a]', 90_000)}`),
  post('references to a long URL', `[a]: ${'b'.repeat(50_000)}\n\n${fill('[a]', 49_000)}`),
  post('images by reference', `[a]: http://é.a/${'b'.repeat(2_000)}\n\n${fill('![a]', 90_000)}`),
  post('unclosed HTML comments', fill('<!--', LONG)),
  post('unclosed HTML comments in words', fill('a<!--', LONG)),
  post('unclosed HTML comments with dashes', fill('<!---', LONG)),
  post('unclosed HTML comments with spaces', fill('<!-- ', LONG)),
  post('CDATA sections', fill('a<![CDATA[', LONG)),
  post('open tags', fill('<a><b>', LONG)),
  post('more open tags', fill('<b>', LONG)),
  post('tags in SVG', `<svg>${fill('<b>', LONG - 5)}`),
  post('mismatched closing tags', '<b>'.repeat(14_285) + '</i>'.repeat(14_285)),
  post('table cells with a style', `<div>${fill('<td style=a>', LONG - 5)}`),
  post('a wide table', wideTable(1_000, fill('|\n', 93_900))),
  post('a table of fifty columns', wideTable(50, fill('|\n', 99_690))),
  post('many small tables', fill('a|b\n-|-\n|\n', LONG)),
  post('nested images', images(98, fill('*a*', 98_800))),
  post('two thousand nested images', images(2_000, fill('*a*', 88_000))),
  post('nested lists', fill(`${'- '.repeat(49)}a\n`, LONG)),
  post('lists in block quotes', fill(`${'>- '.repeat(33)}a\n`, LONG)),
  post('asterisks', `${'*'.repeat(50_000)}a${'*'.repeat(49_999)}`),
  post('asterisks and underscores', fill('_*', LONG)),
  post('bold words', fill('**a**', LONG)),
  post('brackets', fill('[', LONG)),
  post('unclosed images', fill('![', LONG)),
  post('links', fill('[a](b)', LONG)),
  post('backticks', fill('`', LONG)),
  post('mentions', fill('@a_b ', LONG)),
  post('one word', fill('a_', LONG)),
  post('paths', fill('~/', LONG)),
  post('numbers', fill('1-a-', LONG)),
  post('entities', fill('&amp;', LONG)),
  post('e-mail autolinks', fill('<a@b.c>', LONG)),
  comment('a wide table', wideTable(150, '|\n'.repeat(437))),
  comment('block quotes that are reparsed', fill('>>\n<\n', 10_000)),
  comment('block quotes with lazy continuation lines', fill(`${'>'.repeat(98)}\n${'a\n'.repeat(10)}`, 10_000)),
  comment('references', `[a]: ${'b'.repeat(5_000)}\n\n${fill('[a]', 4_900)}`),
  comment('headings in block quotes', fill('># b\na\n', 10_000)),
  json('nested arrays', '['.repeat(MIB / 2) + ']'.repeat(MIB / 2)),
  json('unclosed arrays', '['.repeat(MIB)),
  json('empty objects', `[${'{},'.repeat(349_000)}1]`),
  json('empty arrays', `[${'[],'.repeat(349_000)}1]`),
  json('nested objects', '{"a":'.repeat(170_000) + '1' + '}'.repeat(170_000)),
  json('many keys', `{${Array.from({ length: 80_000 }, (_, n) => `"k${n}":{}`).join()}}`),
  json('a long string', JSON.stringify({ email: 'a'.repeat(MIB - 100) })),
  json('nested arrays to posts', '['.repeat(MIB / 2) + ']'.repeat(MIB / 2), '/v1/posts'),
  json('9,900 tags', JSON.stringify({ title: 'T', body: 'B', tags: Array(9_900).fill('a') }), '/v1/posts'),
  json('tags that are arrays', `{"tags":[${'[],'.repeat(340_000)}[]]}`, '/v1/posts'),
  json('unknown keys', `{${Array.from({ length: 9_900 }, (_, n) => `"k${n}":1`).join()}}`, '/v1/posts'),
  json('white space', `${' '.repeat(MIB - 10)}{}`, '/v1/posts'),
  json('escapes', `{"title":"${'\\u0061'.repeat(150_000)}"}`, '/v1/posts'),
  json('escaped quotes', `{"title":"${'\\"'.repeat(500_000)}"}`, '/v1/posts'),
  search('a word that every post has', 'zeta'),
  search('that word forty times', fill('zeta ', 200).trim()),
  search('forty different words that every post has', WORDS.join(' ')),
  search('a phrase of forty words', `"${WORDS.join(' ')}"`),
  search('or', fill('zeta or ', 196).trim()),
  search('phrases', fill('"zeta zeta" or ', 195).trim()),
  search('a long phrase', `"${fill('zeta ', 190).trim()}"`),
  search('excluded words', fill('zeta -q ', 196).trim()),
  search('dashes', `${'-'.repeat(150)}b`),
  search('dashes and spaces', `${'- '.repeat(90)}a`),
  search('unclosed HTML comments', '<!--'.repeat(40)),
  search('quotes', '"'.repeat(199)),
  search('other scripts', fill('你好', 200)),
  query('users by fifty words', `q=${encodeURIComponent(fill('a ', 100))}`, '/v1/users'),
  query('two thousand parameters', Array.from({ length: 2_000 }, (_, n) => `p${n}=1`).join('&')),
  query('one parameter repeated', 'page=1&'.repeat(1_600)),
  query('percent signs', fill('%25', 12_000)),
  query('a long cursor', `cursor=${fill('A', 4_000)}`),
  query('a cursor of brackets', `cursor=${Buffer.from('['.repeat(2_900)).toString('base64url')}`),
  { what: 'a path of slashes', method: 'GET', path: `/v1/posts${'/'.repeat(12_000)}` },
  { what: 'a path of dots', method: 'GET', path: `/v1/posts/${'%2e%2e/'.repeat(2_000)}` },
  header('a long token', 'authorization', `Bearer ${'a.'.repeat(6_000)}`),
  header('a token of brackets', 'authorization', `Bearer ${Buffer.from('['.repeat(8_000)).toString('base64url')}.a.b`),
  header('many Consistency-Tokens', 'consistency-token', fill('W10,', 12_000)),
  header('a Consistency-Token of brackets', 'consistency-token', Buffer.from('['.repeat(9_000)).toString('base64url')),
  header('many entity tags', 'if-none-match', fill('"a",', 12_000), '/v1/posts/:post'),
  header('unclosed quotes', 'if-none-match', fill('"', 12_001), '/v1/posts/:post'),
  header('a long traceparent', 'traceparent', fill('00-', 12_000)),
];
