import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Demonstration } from '../reasons/demonstrate.js';
import type { Capacity } from '../capacity/measure-capacity.js';
import { capacitySections } from './sections/capacity.js';
import { demonstrated } from './sections/demonstrated.js';
import { table } from '../../reference/markdown.js';
import { markdownOf, type Page } from './markdown.js';
import type { Machine } from './machine.js';
import { pageOf } from './page.js';
import type { Section } from './sections/section.js';
import { sectionsOf } from './sections/sections.js';
import { judged } from './sections/short.js';
import type { Summary } from './summary.js';

const TRADEOFF: Page = {
  name: 'tradeoff',
  title: 'The trade-off, measured',
  summary: 'The same code as a monolith and as four services, in one run.',
};
const REASONS: Page = {
  name: 'reasons-to-split',
  title: 'Reasons to split, demonstrated',
  summary: 'What one part in trouble does to the others, in both topologies.',
};
const CAPACITY: Page = {
  name: 'capacity',
  title: 'Capacity',
  summary: 'How far each topology goes, what breaks first, and what to do then.',
};

/** Writes the report into a folder, as Markdown, as a page and as JSON. Returns what a terminal shows of it. */
export function writeReport(summary: Summary, folder: string): string {
  const lines = judged(summary).map(
    ([what, figure, floor, aim]) => `${what}: ${figure}${floor ? ` (floor ${floor}, aim ${aim})` : ''}`,
  );
  return `${lines.join('\n')}\n${write(folder, TRADEOFF, summary, sectionsOf(summary))}`;
}

/** The same for the demonstrations of reasons to split. */
export function writeReasons(machine: Machine, shown: readonly Demonstration[], folder: string): string {
  const how: Section = {
    title: 'How to read it',
    paragraphs: [
      `${madeBy('reasons', machine)}. Reads of all kinds come at a steady rate, and one part of the platform gets into trouble. The services run on the same machine as the monolith, with the same processors: what is shown is what processes of their own give, and not what machines of their own would.`,
    ],
  };
  const sections = [how, ...demonstrated(shown)];
  return `${terminal(sections)}\n${write(folder, REASONS, { machine, shown }, sections)}`;
}

/** The same for capacity, with what follows from the comparison in the same folder, if there is one. */
export function writeCapacity(machine: Machine, capacity: Capacity, folder: string): string {
  const compared = join(folder, `${TRADEOFF.name}.json`);
  const summary = existsSync(compared) ? (JSON.parse(readFileSync(compared, 'utf8')) as Summary) : undefined;
  const how: Section = {
    title: 'How it was measured',
    paragraphs: [`${madeBy('capacity', machine)}. All parts and the sender share the processors.`],
  };
  const sections = [how, ...capacitySections(capacity, summary)];
  return `${terminal(sections)}\n${write(folder, CAPACITY, { machine, capacity }, sections)}`;
}

/** The data of a report that was written before. */
export type Written =
  | Summary
  | { readonly machine: Machine; readonly shown: readonly Demonstration[] }
  | { readonly machine: Machine; readonly capacity: Capacity };

/** Writes a report again from its JSON. */
export function writeAgain(written: Written, folder: string): string {
  if ('shown' in written) return writeReasons(written.machine, written.shown, folder);
  if ('capacity' in written) return writeCapacity(written.machine, written.capacity, folder);
  return writeReport(written, folder);
}

function madeBy(command: string, { date, commit, processors, node }: Machine): string {
  return `\`npm run compare -- ${command}\`, ${date}, commit ${commit}, ${processors} processors, Node ${node}`;
}

function terminal(sections: readonly Section[]): string {
  const parts = sections.flatMap(({ title, tables = [] }) => [
    `\n${title}`,
    ...tables.map(({ head, rows }) => table(head, rows)),
  ]);
  return parts.join('\n');
}

function write(folder: string, page: Page, data: unknown, sections: readonly Section[]): string {
  const path = join(folder, page.name);
  writeFileSync(`${path}.json`, `${JSON.stringify(data, undefined, 1)}\n`);
  writeFileSync(`${path}.md`, markdownOf(page, sections));
  writeFileSync(`${path}.html`, pageOf(page.title, sections));
  return `compare: the report is in ${folder}\n`;
}
