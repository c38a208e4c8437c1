import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Demonstration } from '../reasons/demonstrate.js';
import type { Capacity } from '../capacity/measure-capacity.js';
import { capacitySections } from './sections/capacity.js';
import { demonstrated } from './sections/demonstrated.js';
import { markdownOf, table } from './markdown.js';
import type { Machine } from './machine.js';
import { pageOf } from './page.js';
import type { Section } from './sections/section.js';
import { sectionsOf } from './sections/sections.js';
import { judged } from './sections/short.js';
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
  const lines = judged(summary).map(
    ([what, figure, floor, aim]) => `${what}: ${figure}${floor ? ` (floor ${floor}, aim ${aim})` : ''}`,
  );
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
  return `${terminal(sections)}\ncompare: the report is in ${folder}\n`;
}

/** What `npm run compare -- capacity` has measured, with what follows from the comparison in the same folder, if there is one. */
export interface CapacityReport {
  readonly machine: Machine;
  readonly capacity: readonly Capacity[];
}

export function writeCapacity({ machine, capacity }: CapacityReport, folder: string): string {
  const compared = join(folder, 'tradeoff.json');
  const summary = existsSync(compared) ? (JSON.parse(readFileSync(compared, 'utf8')) as Summary) : undefined;
  const { date, commit, processors, node } = machine;
  const how: Section = {
    title: 'How it was measured',
    paragraphs: [
      `\`npm run compare -- capacity\`, ${date}, commit ${commit}, ${processors} processors, which all parts and the sender share, Node ${node}.`,
    ],
  };
  const sections = [how, ...capacitySections(capacity, summary)];
  writeFileSync(join(folder, 'capacity.json'), `${JSON.stringify({ machine, capacity }, undefined, 1)}\n`);
  write(
    folder,
    'capacity',
    'Capacity',
    'How far each topology goes, what breaks first, and what to do then.',
    sections,
  );
  return `${terminal(sections)}\ncompare: the report is in ${folder}\n`;
}

function terminal(sections: readonly Section[]): string {
  const parts = sections.flatMap(({ title, tables = [] }) => [
    `\n${title}`,
    ...tables.map(({ head, rows }) => table(head, rows)),
  ]);
  return parts.join('\n');
}

function write(folder: string, name: string, title: string, summary: string, sections: readonly Section[]): void {
  writeFileSync(join(folder, `${name}.md`), markdownOf({ name, title, summary }, sections));
  writeFileSync(join(folder, `${name}.html`), pageOf(title, sections));
}
