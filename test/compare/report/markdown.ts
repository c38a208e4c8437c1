import { table } from '../../reference/markdown.js';
import type { Section } from './sections/section.js';

export interface Page {
  /** Of its files, without their endings. */
  readonly name: string;
  readonly title: string;
  readonly summary: string;
}

export function markdownOf({ name, title, summary }: Page, sections: readonly Section[]): string {
  const matter = [
    '---',
    `title: ${title}`,
    `summary: ${summary}`,
    'author: margaret',
    'category: Reference',
    'tags: [performance, benchmarks]',
    '---',
  ];
  const introduction = `_Written by \`npm run compare\`. With charts: [${name}.html](${name}.html), to be opened from a checkout; all figures: [${name}.json](${name}.json)._`;
  const parts = sections.map((section) =>
    [
      `## ${section.title}`,
      ...section.paragraphs,
      ...(section.tables ?? []).map(({ head, rows }) => table(head, rows)),
    ].join('\n\n'),
  );
  return `${[matter.join('\n'), `# ${title}`, introduction, ...parts].join('\n\n')}\n`;
}
