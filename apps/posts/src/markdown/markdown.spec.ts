import { describe, expect, it } from '@jest/globals';
import { renderMarkdown } from './markdown.js';

const nobody = (text: string): [string, string[]] => [text, []];

describe('Mentions', () => {
  it.each([
    ['Hello @ada and @Bob_2!', ['ada', 'bob_2']],
    ['@ada, @ada. (@ada)', ['ada']],
    ['**@ada** and\n\n> @bob', ['ada', 'bob']],
    ['mail ada@example.com, path /@ada, @@ada', []],
    ['`@ada`\n\n```\n@bob\n```', []],
    ['[@ada](https://example.com) https://example.com/@bob', []],
    ['@ab @' + 'x'.repeat(31), []],
    ['', []],
    // Directly after the handle.
    ...['@scope/pkg', '@user@host', '@ada.com', '@ada-lovelace', '@adaé', '@adaж', '@ada１', '@ada\u0301', '@ada/'].map(
      nobody,
    ),
    ['@ada. @bob- @eve-, @kim: @handle_', ['ada', 'bob', 'eve', 'kim', 'handle_']],
    ['@ada가 @bob你', ['ada', 'bob']],
    // Directly before the @.
    ...[
      'é@ada',
      'ж@ada',
      '１@ada',
      '-@ada',
      '+@ada',
      'a=@ada',
      '&@ada',
      '&amp;@ada',
      '_@ada',
      'e\u0301@ada',
      '가@ada',
    ].map(nobody),
    ['你好@ada か@bob カー@eve ก@kim', ['ada', 'bob', 'eve', 'kim']],
    ['.@ada ;@bob (@eve "@kim', ['ada', 'bob', 'eve', 'kim']],
    // In elements.
    ...[
      '<code>@ada</code>',
      'x <code>@ada</code> y',
      '<a href="/">@ada</a>',
      '<pre>@ada</pre>',
      '<pre><b>@ada</b></pre>',
    ].map(nobody),
    ...[
      'x <script>@ada</script>',
      '<style>@ada</style>',
      '<!-- @ada -->',
      '![@ada](/x "@ada")',
      '<b title="@ada">x</b>',
    ].map(nobody),
    ['<div>@ada</div>', ['ada']],
    ['<details><summary>@ada</summary><p>@bob</details>', ['ada', 'bob']],
    ['# @ada\n\n- @bob\n\n| @eve |\n|---|\n| @kim |', ['ada', 'bob', 'eve', 'kim']],
    // Across elements.
    ...['**foo**@ada', '*a*@ada'].map(nobody),
    ['@a**d**a @bo<b>b</b> @_eve_ @kim*x* **@ada**bar', ['ada', 'bob', 'eve', 'kimx', 'adabar']],
    ['@ada<br>bar\n@bob\nfoo', ['ada', 'bob']],
    // Beside elements.
    ...['[x](https://x)@ada', '`x`@ada', '@ada`x`', 'https://a`c`@ada', 'x<label>@ada</label>', 'x<foo>@ada</foo>'].map(
      nobody,
    ),
    ['`x` @ada, `@` @bob', ['ada', 'bob']],
    ['@ada<script>x</script>y', ['aday']],
    ['\uFDD0@ada', ['ada']],
    // In URLs.
    ...['https://e.com/?u=@ada', 'https://e.com/a,@ada', 'https://e.com/(@ada)', 'ftp://x:@ada', 'x(https://@ada)'].map(
      nobody,
    ),
    ['(@ada)https://e.com/@bob @eve', ['ada', 'eve']],
    // Escaped.
    ...['\\@ada', '&#64;ada', '&#x40;ada', '&commat;ada', '<div>&#64;ada</div>', '<b>&#x0040;ada</b>'].map(nobody),
    // Handles are ASCII.
    ...['@\u212aim', '@a\u017fa'].map(nobody),
  ])('in %j are %j', (text, handles) => {
    expect(renderMarkdown(text).mentions).toEqual(handles);
  });

  it('are limited to the first 50 of a text', () => {
    const text = Array.from({ length: 80 }, (_, n) => `@user${n}`).join(' ');
    expect(renderMarkdown(text).mentions).toHaveLength(50);
    expect(renderMarkdown(`${'@ada '.repeat(50)} @bob`).mentions).toEqual(['ada']);
  });

  it('leave no trace of how an @ was written', () => {
    const { html } = renderMarkdown('\\@ada &#64;ada <b title="&#64;x">&commat;</b> [x](mailto:a&#64;b.c) `&#64;`');
    expect(html).toBe(
      '<p>@ada @ada <b>@</b> <a href="mailto:a@b.c" rel="nofollow noopener ugc">x</a> <code>&amp;#64;</code></p>\n',
    );
  });
});

describe('HTML', () => {
  it.each([
    '<a href="java\uFDD0script:alert(1)">x</a>',
    '<a href="java&#xFDD0;script:alert(1)">x</a> @ada',
    '<a href="&#x6a;ava\uFDD0script&#58;alert(1)">@ada</a>',
    '<a href="java&#64;script:alert(1)">x</a> @ada',
    '<img src="data\uFDD0:image/svg+xml,x">',
    '<a href="/\uFDD0/evil.example">x</a>',
    '[x](java\uFDD0script:alert(1)) @ada',
  ])('never leads to a scheme or host that is not allowed: %j', (text) => {
    const { html } = renderMarkdown(text);
    expect(html).not.toMatch(/javascript:|data:|"\/\/evil/);
  });

  it('keeps every character of a text', () => {
    expect(renderMarkdown('a\uFDD0b @ada').html).toBe('<p>a\uFDD0b @ada</p>\n');
  });
});
