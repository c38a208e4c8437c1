import { afterEach, expect, it, jest } from '@jest/globals';
import { MarkdownRenderer } from './markdown.renderer.js';

const LONG_MS = 10_000;
const renderer = new MarkdownRenderer();

afterEach(async () => {
  jest.restoreAllMocks();
  await renderer.onApplicationShutdown();
});

it('refuses texts that wait too long, but not while its worker starts', async () => {
  let now = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  const duringStart = ['a', 'b'].map((text) => renderer.render(text));
  now = LONG_MS;
  expect((await Promise.all(duringStart)).map(({ bodyHtml }) => bodyHtml)).toEqual(['<p>a</p>\n', '<p>b</p>\n']);
  const later = renderer.render('c');
  now += LONG_MS;
  await expect(later).rejects.toThrow('Too many texts are being rendered.');
});
