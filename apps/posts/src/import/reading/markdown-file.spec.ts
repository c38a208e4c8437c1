import { describe, expect, it } from '@jest/globals';
import { UnreadableFile } from './front-matter.js';
import { EmptyFile, readMarkdown } from './markdown-file.js';

const file = (...lines: string[]) => readMarkdown('some/2024-05-06-my-first_post.md', lines.join('\n'));
const withMatter = (...lines: string[]) => file('---', ...lines, '---', '', 'Text.');

describe('A Markdown file', () => {
  it('of Jekyll is read', () => {
    const read = withMatter(
      'layout: post',
      'title:  "Welcome: to Jekyll!"',
      'date:   2015-11-17 16:16:01 -0600',
      'categories: [jekyll, update]',
      'tags: one two  three',
      'excerpt: Short.',
      'published: true',
    );
    expect(read).toEqual({
      post: {
        title: 'Welcome: to Jekyll!',
        body: 'Text.',
        summary: 'Short.',
        tags: ['one', 'two', 'three'],
        status: 'published',
      },
      category: 'jekyll',
      publishedAt: new Date('2015-11-17T22:16:01Z'),
      author: null,
      remarks: ['categories: a post has one, jekyll; left out: update'],
    });
  });

  it('of Hugo is read', () => {
    const read = withMatter(
      'title: Hugo',
      'date: 2024-02-02T04:14:54-08:00',
      'draft: true',
      'tags:',
      '  - Red',
      '  - red',
      'summary: ""',
    );
    expect(read.post).toMatchObject({ title: 'Hugo', status: 'draft', tags: ['red'], summary: '' });
    expect(read.publishedAt).toBeNull();
  });

  it('of Astro is read', () => {
    const read = withMatter(
      `title: 'Astro'`,
      `description: 'D'`,
      `pubDate: 'Jul 08 2022'`,
      'author: ada',
      `tags: ["astro", "blogging"]`,
    );
    expect(read.post).toMatchObject({ summary: 'D', tags: ['astro', 'blogging'], status: 'published' });
    expect([read.publishedAt?.toISOString(), read.author, read.category]).toEqual([
      '2022-07-08T00:00:00.000Z',
      'ada',
      null,
    ]);
  });

  it('without front matter gets its title from its first heading or its name', () => {
    expect(file('# A heading', '', 'Text').post).toMatchObject({ title: 'A heading', body: 'Text' });
    expect(file('Text only').post).toMatchObject({ title: 'my first post', body: 'Text only' });
    expect(file('---', 'title: T', '---', '# T', '', 'Text').post.body).toBe('Text');
    expect(file('---', '---', 'Text').post.title).toBe('my first post');
    expect(file('Text', '---', 'more').post.body).toContain('---');
  });

  it('is read with CRLF line ends and a byte order mark', () => {
    expect(readMarkdown('a.md', '\uFEFF---\r\ntitle: T\r\n---\r\nText\r\n').post).toMatchObject({
      title: 'T',
      body: 'Text',
    });
  });

  it('with a date in the future becomes a draft', () => {
    expect(withMatter('title: T', `date: ${new Date(Date.now() + 86_400_000).toISOString()}`).post.status).toBe(
      'draft',
    );
  });

  it.each([
    ['no end', ['---', 'title: T', 'Text']],
    ['not valid YAML', ['---', 'title: [', '---', 'Text']],
    ['not valid YAML', ['---', 'a: &a [1]', ...Array.from({ length: 40 }, (_, n) => `b${n}: [*a, *a]`), '---', 'Text']],
    ['not valid YAML', ['---', 'title: T', 'title: U', '---', 'Text']],
    ['not a mapping', ['---', '- a', '---', 'Text']],
    ['not a mapping', ['---', 'just text', '---', 'Text']],
    ['date: ', ['---', 'title: T', 'date: 2024-13-45', '---', 'Text']],
    ['date: ', ['---', 'title: T', 'date: -000001-01-01', '---', 'Text']],
    ['date: ', ['---', 'title: T', 'date: 9999-01-01', '---', 'Text']],
    ['date: ', ['---', 'title: T', 'date: [2024]', '---', 'Text']],
    ['title: ', ['---', 'title: {a: b}', '---', 'Text']],
    ['title: ', ['---', `title: ${'x'.repeat(201)}`, '---', 'Text']],
    ['draft: ', ['---', 'title: T', 'draft: perhaps', '---', 'Text']],
    ['draft: ', ['---', 'draft: [true]', '---', 'Text']],
    ['draft twice', ['---', 'draft: false', 'Draft: true', '---', 'Text']],
    ['not valid TOML', ['+++', 'draft = yes', '+++', 'Text']],
    ['not valid JSON', ['{"draft": yes}', 'Text']],
    ['no end', ['{"draft": true', 'Text']],
    ['no end', ['+++', 'draft = true', 'Text']],
    ['no end', ['---', '# private', 'draft: true', 'Text']],
    ['no end', ['---', '', 'Text: more text.']],
    ['is js, which', ['---js', '({ draft: true })', '---', 'Text']],
    ['looks like front matter', ['--- draft: true', '---', 'Text']],
    ['no end', ['draft: true', 'Text']],
    ['no end', ['title: T', 'published: false', 'Text right after', '---', 'more']],
    ['no end', ['---', 'über: 1', 'draft: true', 'Text']],
    ['no end', ['---', '<!-- c -->', 'draft: true', 'Text']],
    ['no end', ['---', '{draft: true}', 'Text']],
    ['looks like front matter', ['---yaml draft', 'draft: true', '---', 'Text']],
    ['looks like front matter', ['--- |', 'draft: true', '---', 'Text']],
    ['twice', ['---', '---', 'draft: true', '---', 'Text']],
    ['twice', ['---', 'title: T', '---', '---', 'draft: true', '---', 'Text']],
    ['draft: ', ['---', 'draft: 2020-01-01', '---', 'Text']],
    ['status: ', ['---', 'status: {x: draft}', '---', 'Text']],
    ['build: ', ['---', '_build: [never]', '---', 'Text']],
    ['date: ', ['---', 'date: 6 May 2024 10:00 EST', '---', 'Text']],
    ['date: ', ['---', 'date: 2024-05-06 10:00 +99:00', '---', 'Text']],
    ['date: ', ['---', 'date: 2024-02-30', '---', 'Text']],
    ['date: ', ['---', 'date: 06.05.2024', '---', 'Text']],
    ['pubdate: ', ['---', 'date: 2024-01-01', 'pubDate: n/a', '---', 'Text']],
  ])('that is invalid is rejected with the reason: %s', (words, lines) => {
    expect(() => file(...lines)).toThrow(UnreadableFile);
    expect(() => file(...lines)).toThrow(words);
  });

  it.each([['---', 'title: T', '---', ' '], ['# Only a title'], ['']])('without text is skipped: %s', (...lines) => {
    expect(() => file(...lines)).toThrow(EmptyFile);
  });

  const draft = { draft: expect.any(String), post: expect.objectContaining({ status: 'draft' }), publishedAt: null };

  it.each([
    ['JSON', '{"title": "J", "draft": true}\n\nText'],
    ['JSON with braces in texts', '{"title": "} {", "nested": {"a": "}"}, "draft": true}\nText'],
    ['JSON between semicolons', ';;;\n"draft": true\n;;;\nText'],
    ['JSON that is named', '---json\n{"draft": true}\n---\nText'],
    ['TOML', '+++\ndraft = true\n+++\nText'],
    ['TOML after a space', '+++ \ndraft = true\n+++\nText'],
    ['TOML with tables', '+++\ntitle = "T"\ndate = 2020-01-01\n[build]\nrender = "never"\n+++\nText'],
    ['YAML after an empty line', '\n \n---\ndraft: true\n---\nText'],
    ['YAML after a space', ' ---\ndraft: true\n---\nText'],
    ['YAML after a comment', '<!-- a -->\n---\ndraft: true\n---\nText'],
    ['YAML after two marks', '\uFEFF\uFEFF\u200B---\ndraft: true\n---\nText'],
    ['YAML with a name and a comment', '--- yaml # x\ndraft: true\n---\nText'],
    ['YAML with more dashes', '-----\ndraft: true\n-----\nText'],
    ['YAML with a space that is none', '---\u00a0\ndraft: true\n---\nText'],
    ['YAML with old line ends', '---\rdraft: true\r---\rText'],
    ['YAML without a first line', 'title: T\npublished: false\n---\nText'],
    ['JSON without a first line', '"title": "T",\n"draft": true\n;;;\nText'],
    ['lines of Pelican, one of them', 'private: true\n\nText'],
    ['lines of Pelican, with other names', 'Author: me\nModified: 2020\nPrivate: yes\n\nText'],
    ['lines that only a date makes private', 'pubDate: 2099-01-01\n\nText'],
    ['YAML without a first line, with an empty line', 'title: T\n\ndraft: true\n---\nBody'],
    ['YAML with a wide space', '---\u3000\ndraft: true\n---\nText'],
    ['YAML after invisible characters', '\u200b\u200c\u2060---\u200b\ndraft: true\n---\nText'],
    ['YAML after a directive', '%YAML 1.2\n---\ndraft: true\n---\nText'],
    ['YAML with merged keys', '---\na: &a {draft: true}\n<<: *a\n---\nText'],
    ['YAML with an invisible character in a name', '---\ndra\u200bft: true\n---\nText'],
    ['YAML without a first line, in any language', '标题: x\ndraft: true\n---\nText'],
    ['lines of Pelican, in any language', 'título: x\ndraft: true\n\nText'],
    ['lines of Pelican', 'Title: T\nStatus: draft\n\nText'],
  ])('has its front matter read, so that a draft stays one: %s', (_form, text) => {
    expect(readMarkdown('a.md', text)).toEqual(expect.objectContaining(draft));
  });

  it.each([
    'draft: "true"',
    'Draft: yes',
    'DRAFT: on',
    'isDraft: 1',
    'published: no',
    'Published: FALSE',
    'headless: true',
    'publish: false',
    'publish:',
    'dg-publish: "no"',
    'private: true',
    'hidden: y',
    'unlisted: true',
    'permalink: false',
    'eleventyExcludeFromCollections: true',
    'eleventyComputed: {permalink: false}',
    'build: {render: never}',
    '_build: {list: false}',
    'status: Draft',
    'visibility: private',
    'publishDate: 2099-01-01',
    'pubDatetime: 2099-01-01T00:00:00Z',
    'pubdate: Jan 01 2099',
    'published: 2099-01-01',
    'date: 2020-01-01\npublishDate: 2099-01-01',
    'published_at: 2099-01-01',
    'published_date: 2099-01-01',
    'publish: 2099-01-01',
    'publishedAt: 2099-01-01',
    'pub_date: 2099-01-01',
    'is-draft: true',
    'isPublished: false',
    'public: false',
    'state: draft',
    'unpublished: true',
    'status: [draft]',
    'build: {render: link}',
    'build: {Render: never}',
    'expiryDate: 2020-01-01',
    'unpublishdate: 2020-01-01',
  ])('that no generator would publish is a draft: %s', (line) => {
    expect(withMatter(line)).toEqual(expect.objectContaining(draft));
  });

  it.each([
    '_drafts/a.md',
    'posts/drafts/a/b.md',
    '2099-01-01-a.md',
    '_posts/2099-01-01-a/index.md',
    '2099/01/01/a.md',
    '2099-01-01.md',
  ])('is a draft because of its path: %s', (path) => {
    expect(readMarkdown(path, 'Text')).toEqual(expect.objectContaining(draft));
  });

  it.each([
    'draft: no',
    'draft: "False"',
    'draft:',
    'published: 1',
    'published: 2023-09-09',
    'publish: true',
    'status: published',
    'permalink: /a/',
    'expiryDate: 2099-01-01',
    'build: {render: always}',
    'date: 2024',
    'date: ""',
    'date: Created',
  ])('that is public is published: %s', (line) => {
    const { post, draft: reason } = withMatter(line);
    expect([post.status, reason]).toEqual(['published', undefined]);
  });

  it.each([
    '---\n\nText after a line across the page.',
    'Status: it is complicated\n\nMy text',
    'Layout of the house: two rooms\n\nText',
    'Alice: hi\nBob: hello\nStatus: done\n\nText',
    '{x} is a set',
    '{TODO} write',
    '{.class}\nText',
    '    code\n\nText',
    'Note: this is a heading\n---\nText',
    '{{< figure >}}\n\nText',
    '{: .class}\nText',
    '+ a list\n+ another',
  ])('may begin like front matter, and is a text: %s', (text) => {
    expect(readMarkdown('a.md', text).post.body).toBe(text.trimEnd());
  });

  it.each([
    ['2023-09-09', '2023-09-09T00:00:00.000Z'],
    ['2023-9-9 7:05', '2023-09-09T07:05:00.000Z'],
    ['2024/05/06', '2024-05-06T00:00:00.000Z'],
    ['2024-05-06 10:00:00', '2024-05-06T10:00:00.000Z'],
    ['2024-05-06T10:00:00.25+02:00', '2024-05-06T08:00:00.250Z'],
    ['2024-05-06 10:00:00 -0600', '2024-05-06T16:00:00.000Z'],
    ['8 July 2022 10:00', '2022-07-08T10:00:00.000Z'],
    ['July 8, 2022', '2022-07-08T00:00:00.000Z'],
    ['Fri, 08 Jul 2022 10:00:00 GMT', '2022-07-08T10:00:00.000Z'],
    ['2024', '2024-01-01T00:00:00.000Z'],
    ['Mon May 06 2024 10:00:00 GMT+0200', '2024-05-06T08:00:00.000Z'],
  ])('has a date without a zone in UTC: %s', (date, expected) => {
    expect(withMatter(`date: ${date}`).publishedAt?.toISOString()).toBe(expected);
  });

  it('has the dates of TOML in UTC, too', () => {
    const times = ['2024-05-06', '2024-05-06T10:00:00', '2024-05-06T10:00:00Z'].map((date) =>
      readMarkdown('a.md', `+++\ndate = ${date}\n+++\nText`).publishedAt?.toISOString(),
    );
    expect(times).toEqual(['2024-05-06T00:00:00.000Z', '2024-05-06T10:00:00.000Z', '2024-05-06T10:00:00.000Z']);
  });

  it('without a date has that of its name', () => {
    expect(file('Text').publishedAt?.toISOString()).toBe('2024-05-06T00:00:00.000Z');
    expect(withMatter('pubDatetime: 2022-01-02').publishedAt?.toISOString()).toBe('2022-01-02T00:00:00.000Z');
    expect(readMarkdown('2024/05/07/a.md', 'Text').publishedAt?.toISOString()).toBe('2024-05-07T00:00:00.000Z');
    expect(readMarkdown('a.md', 'Text').publishedAt).toBeNull();
  });

  it('of a bundle has the name of its folder', () => {
    const titles = ['my-bundle/index.md', '2024-05-06-my_bundle/_index.md', 'index.md'].map(
      (path) => readMarkdown(path, 'Text').post.title,
    );
    expect(titles).toEqual(['my bundle', 'my bundle', 'index']);
  });

  it.each([
    ['tags: C# 7, tuple', ['c# 7', 'tuple']],
    ['tags: one two', ['one', 'two']],
    ['tags: [project/alpha]', ['project-alpha']],
    ['tags: "#a #b"', ['a', 'b']],
    ['tags: [[a], b, null, ""]', ['a', 'b']],
    ['tags: ["caf\u00e9", "cafe\u0301", "CAF\u00c9"]', ['caf\u00e9']],
    ['tags:', []],
  ])('has tags as people write them: %s', (line, tags) => {
    const { post, remarks } = withMatter(line);
    expect([post.tags, remarks]).toEqual([tags, []]);
  });

  it.each([
    ['tags: [a, b, c, d, e, f, g, h, i, j, k, l]', 'left out: k, l'],
    [`tags: [${'x'.repeat(31)}]`, 'longer than 30'],
    ['tags: [{a: b}]', 'not a text'],
    ['categories: [[Sports, Baseball]]', 'a post has one, Sports; left out: Baseball'],
    [`category: ${'x'.repeat(61)}`, 'at most 60'],
    ['summary: [a]', 'summary: '],
    [`summary: ${'x'.repeat(501)}`, 'shortened to 500'],
  ])('names what it leaves out: %s', (line, words) => {
    const { post, remarks } = withMatter(line);
    expect(remarks).toEqual([expect.stringContaining(words)]);
    expect(post.status).toBe('published');
  });

  it.each(['author: [ada]', 'author: {name: Ada}', 'title:', 'title: "  "', 'layout: [a]', 'toc: {a: 1}'])(
    'may hold what is not used: %s',
    (line) => {
      const { post, author, remarks } = withMatter(line);
      expect([post.title, author, remarks]).toEqual(['my first post', null, []]);
    },
  );

  it('inherits what it does not set itself', () => {
    const inherited = new Map<string, unknown>([['draft', true]]);
    expect(readMarkdown('a.md', 'Text', inherited).post.status).toBe('draft');
    expect(readMarkdown('a.md', '---\ndraft: false\n---\nText', inherited).post.status).toBe('published');
  });

  it('keeps the indentation after its title, and the # of a word', () => {
    expect(file('# T', '', '    code', 'more').post).toMatchObject({ title: 'T', body: '    code\nmore' });
    expect(file('# About C# ##', '', 'Text').post.title).toBe('About C#');
  });

  it.each([
    `# x${' '.repeat(50_000)}y`,
    `# x${' '.repeat(50_000)}\u2028x`,
    `# ${'#'.repeat(50_000)}x`,
    `a${' '.repeat(50_000)}`,
    `---\n${'a'.repeat(50_000)}\nb`,
    `{${'"a'.repeat(25_000)}`,
    '<!--'.repeat(20_000),
  ])('is read in linear time, whatever it holds (%#)', (text) => {
    const begun = process.cpuUsage();
    try {
      readMarkdown('a.md', text);
    } catch (error) {
      expect([EmptyFile, UnreadableFile].some((kind) => error instanceof kind)).toBe(true);
    }
    expect(process.cpuUsage(begun).user).toBeLessThan(1_000_000);
  });
});
