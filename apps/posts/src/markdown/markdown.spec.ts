import { describe, expect, it } from '@jest/globals';
import { renderMarkdown } from './markdown.js';

describe('Mentions', () => {
  it.each([
    ['Hello @ada and @Bob_2!', ['ada', 'bob_2']],
    ['@ada, @ada. (@ada)', ['ada']],
    ['**@ada** and\n\n> @bob', ['ada', 'bob']],
    ['mail ada@example.com, path /@ada, @@ada', []],
    ['`@ada`\n\n```\n@bob\n```', []],
    ['[@ada](https://example.com) https://example.com/@bob', []],
    ['@ab @' + 'x'.repeat(31), []],
    ['é@ada 你@bob', []],
    ['', []],
  ])('in %j are %j', (text, handles) => {
    expect(renderMarkdown(text).mentions).toEqual(handles);
  });

  it('are limited to 50 per text', () => {
    const text = Array.from({ length: 80 }, (_, n) => `@user${n}`).join(' ');
    expect(renderMarkdown(text).mentions).toHaveLength(50);
  });
});
