import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { packageRoot } from '#database';
import { page, table } from './markdown.js';

interface Word {
  readonly word: string;
  readonly meaning: string;
  readonly library: string;
}

/** The words of all libraries, from the section "Words" of their READMEs. Throws if two libraries define one word. */
export function glossaryPage(): string {
  const words = globSync('libs/*/README.md', { cwd: packageRoot() }).flatMap(wordsOf);
  const twice = words.find(({ word }, n) => words.findIndex((other) => other.word === word) !== n);
  if (twice) throw new Error(`The word "${twice.word}" is defined twice.`);
  const rows = words
    .toSorted((a, b) => a.word.toLowerCase().localeCompare(b.word.toLowerCase(), 'en'))
    .map(({ word, meaning, library }) => [word, meaning, `[${library}](../../libs/${library}/README.md)`]);
  return page(
    'Glossary',
    'The words of the code, one meaning each.',
    'From the READMEs of the libraries.',
    table(['word', 'means', 'library'], rows),
  );
}

function wordsOf(path: string): Word[] {
  const section = /\n## Words\n([\s\S]*?)(\n## |$)/.exec(readFileSync(join(packageRoot(), path), 'utf8'))?.[1] ?? '';
  const rows = section.split('\n').filter((line) => /^\| (?!word |-)/.test(line));
  return rows.map((row) => {
    const [, word = '', meaning = ''] = row.split('|').map((cell) => cell.trim());
    return { word, meaning, library: basename(dirname(path)) };
  });
}
