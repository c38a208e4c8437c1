import { describe, expect, it } from '@jest/globals';
import { UnreadableFile } from './front-matter.js';
import { readMarkdown } from './markdown-file.js';

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
    expect([read.publishedAt?.getFullYear(), read.author, read.category]).toEqual([2022, 'ada', null]);
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
    ['TOML', ['+++', 'title = "T"', '+++', 'Text']],
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
    ['tags', ['---', 'title: T', 'tags: [{a: b}]', '---', 'Text']],
    ['tags', ['---', 'title: T', 'tags: ["a<b"]', '---', 'Text']],
    ['category: ', ['---', 'title: T', `category: ${'x'.repeat(61)}`, '---', 'Text']],
    ['draft: ', ['---', 'title: T', 'draft: perhaps', '---', 'Text']],
    ['body: ', ['---', 'title: T', '---', ' ']],
    ['body: ', ['# Only a title']],
  ])('that is invalid is rejected with the reason: %s', (words, lines) => {
    expect(() => file(...lines)).toThrow(UnreadableFile);
    expect(() => file(...lines)).toThrow(words);
  });
});
