import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { packageRoot } from '#database';

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
    .map(({ word, meaning, library }) => `| ${word} | ${meaning} | [${library}](../../libs/${library}/README.md) |`);
  return [
    '# Glossary',
    '',
    'One word, one meaning. From the READMEs of the libraries; `npm run reference` writes this page.',
    '',
    '| word | means | library |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

function wordsOf(path: string): Word[] {
  const section = /\n## Words\n([\s\S]*?)(\n## |$)/.exec(readFileSync(join(packageRoot(), path), 'utf8'))?.[1] ?? '';
  const rows = section.split('\n').filter((line) => /^\| (?!word |-)/.test(line));
  return rows.map((row) => {
    const [, word = '', meaning = ''] = row.split('|').map((cell) => cell.trim());
    return { word, meaning, library: basename(dirname(path)) };
  });
}
