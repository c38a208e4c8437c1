import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Demonstration } from '../reasons/demonstrate.js';
import { demonstrated } from './demonstrated.js';
import { markdownOf, table } from './markdown.js';
import type { Machine } from './machine.js';
import { pageOf } from './page.js';
import type { Section } from './section.js';
import { sectionsOf } from './sections.js';
import { judged } from './short.js';
import type { Summary } from './summary.js';

/** Writes the report into a folder, as Markdown, as a page and as JSON. Returns what a terminal shows of it. */
export function writeReport(summary: Summary, folder: string): string {
  const sections = sectionsOf(summary);
  writeFileSync(join(folder, 'tradeoff.json'), `${JSON.stringify(summary, undefined, 1)}\n`);
  write(
    folder,
    'tradeoff',
    'The trade-off, measured',
    'The same code as a monolith and as four services, in one run.',
    sections,
  );
  const lines = judged(summary).map(([what, figure, floor, aim]) => `${what}: ${figure} (floor ${floor}, aim ${aim})`);
  return `${lines.join('\n')}\ncompare: the report is in ${folder}\n`;
}

/** What `npm run compare -- reasons` has shown. */
export interface Reasons {
  readonly machine: Machine;
  readonly shown: readonly Demonstration[];
}

/** The same for the demonstrations of reasons to split. */
export function writeReasons({ machine, shown }: Reasons, folder: string): string {
  const { date, commit, processors, node } = machine;
  const how: Section = {
    title: 'How to read it',
    paragraphs: [
      `\`npm run compare -- reasons\`, ${date}, commit ${commit}, ${processors} processors, Node ${node}. Reads of all kinds come at a steady rate, and one part of the platform gets into trouble. The services run on the same machine as the monolith, with the same processors: what is shown is what processes of their own give, and not what machines of their own would.`,
    ],
  };
  const sections = [how, ...demonstrated(shown)];
  writeFileSync(join(folder, 'reasons-to-split.json'), `${JSON.stringify({ machine, shown }, undefined, 1)}\n`);
  write(
    folder,
    'reasons-to-split',
    'Reasons to split, demonstrated',
    'What one part in trouble does to the others, in both topologies.',
    sections,
  );
  const tables = sections.flatMap(({ title, tables: own = [] }) => [
    `\n${title}`,
    ...own.map(({ head, rows }) => table(head, rows)),
  ]);
  return `${tables.join('\n')}\ncompare: the report is in ${folder}\n`;
}

function write(folder: string, name: string, title: string, summary: string, sections: readonly Section[]): void {
  writeFileSync(join(folder, `${name}.md`), markdownOf({ name, title, summary }, sections));
  writeFileSync(join(folder, `${name}.html`), pageOf(title, sections));
}
