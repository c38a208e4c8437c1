import { describe, expect, it } from '@jest/globals';
import { resolveLinks, resolverOf } from './links.js';

const resolve = resolverOf(
  new Map(
    [
      'index.md',
      'a/other.md',
      'a/with space.md',
      'b/links.md',
      '_posts/2020-01-01-name.md',
      'bun/index.md',
      'b/twin.md',
      'c/twin.md',
    ].map((path) => [path, `/v1/posts/${path}`]),
  ),
);
const linked = (text: string) => resolveLinks(text, 'b/links.md', resolve);

describe('A link in an imported file', () => {
  it.each([
    ['[x](../a/other.md)', '[x](@a/other.md)'],
    ['[x](../a/other.md#part "Title")', '[x](@a/other.md#part "Title")'],
    ['[x](<../a/other.md>)', '[x](<@a/other.md>)'],
    ['[x](../a/other.md?x=1)', '[x](@a/other.md)'],
    ['[x](/a/other.md)', '[x](@a/other.md)'],
    ['[x](other.md)', '[x](@a/other.md)'],
    ['[x](../bun/)', '[x](@bun/index.md)'],
    ['[x](../bun/index.md)', '[x](@bun/index.md)'],
    ['[x](../a/with%20space.md)', '[x](@a/with space.md)'],
    ['[x](twin.md)', '[x](@b/twin.md)'],
    ['[x]: ../a/other.md', '[x]: @a/other.md'],
    ['<a href="../a/other.md">x</a>', '<a href="@a/other.md">x</a>'],
    ['[r]({{< relref "other.md" >}})', '[r](@a/other.md)'],
    ['{{% ref path="/a/other" %}}', '@a/other.md'],
    ['[[other]] and [[a/other#Part|label]]', '[other](@a/other.md) and [label](@a/other.md#Part)'],
    ['![[other]]', '[other](@a/other.md)'],
    ['[p]({% post_url 2020-01-01-name %})', '[p](@_posts/2020-01-01-name.md)'],
    ['[p]({{ site.baseurl }}{% link a/other.md %})', '[p](@a/other.md)'],
    ['[[other#Head ing]]', '[other > Head ing](@a/other.md#Head%20ing)'],
    ['| [[other\\|label]] |', '| [label](@a/other.md) |'],
    ['\\`[x](../a/other.md)\\`', '\\`[x](@a/other.md)\\`'],
    ['`unclosed\n\n[x](../a/other.md)\n\nmore `', '`unclosed\n\n[x](@a/other.md)\n\nmore `'],
    ['<a class="b" href = "../a/other.md">', '<a class="b" href = "@a/other.md">'],
    ['{{< relref "other.md" lang="de" >}}', '@a/other.md'],
    ['[[name]]', '[name](@_posts/2020-01-01-name.md)'],
  ])('leads to the post: %s', (text, expected) => {
    expect(linked(text)).toEqual({ body: expected.replaceAll('@', '/v1/posts/'), unresolved: [] });
  });

  it.each([
    ['[x](gone.md)', 'gone.md'],
    ['[x](../gone/other.md)', '../gone/other.md'],
    ['[x](zzz/other.md)', 'zzz/other.md'],
    ['[[nobody knows]]', 'nobody knows'],
    ['{{< relref "gone" >}}', 'gone'],
  ])('to a file that is not imported stays, and is named: %s', (text, target) => {
    expect(linked(text)).toEqual({ body: text, unresolved: [target] });
  });

  it('to one of several files of a name stays, and is named', () => {
    expect(resolveLinks('[[twin]]', 'a/other.md', resolve)).toEqual({ body: '[[twin]]', unresolved: ['twin'] });
  });

  it.each([
    'https://example.com/other.md [x](https://example.com/a/other.md) [x](//example.com/other.md) [x](mailto:a@b.md)',
    '[x](#part) [x](image.png) [x](/v1/posts/some-slug) ![i](../a/i.png)',
    '`[x](../a/other.md)` and ``[[other]] ` ``',
    '```md\n[x](../a/other.md)\n[[other]]\n```',
    '~~~\n{% post_url 2020-01-01-name %}\n~~~',
    '- list\n  ```\n  [[other]]\n  ```\n',
    '```\n[[other]]',
    'Text\n\n    [x](../a/other.md)',
    '<pre>\n[x](../a/other.md)\n</pre>',
    'a <code>[x](../a/other.md)</code> b <!-- [[other]] -->',
    '{% raw %}[x](../a/other.md){% endraw %}',
    '> ```\n> [x](../a/other.md)\n> ```',
    '````\n```\n[[other]]\n```\n````',
    '``` [x](../a/other.md) ```',
    'prose with href="../a/other.md" in it',
    '\\[[other]] [[#Heading]] arr[[0]] [[ -f file ]] ![[image.png]] [x](images/)',
  ])('of another kind stays: %s', (text) => {
    expect(linked(text)).toEqual({ body: text, unresolved: [] });
  });

  it('is found in linear time', () => {
    for (const part of ['`', '[', '[[', '](', '<a href', '{{<', '{%', '<!--', '\\`', '``a`']) {
      const begun = process.cpuUsage();
      linked(part.repeat(Math.ceil(50_000 / part.length)));
      expect([part, process.cpuUsage(begun).user < 1_500_000]).toEqual([part, true]);
    }
  });
});
