import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { packageRoot } from '#database';

const root = packageRoot();
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pages = ['README.md', 'CONTRIBUTING.md', ...globSync('{docs,libs,k8s}/**/*.md', { cwd: root })];
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

/** Relative links whose file does not exist, without their fragment. */
function brokenLinks(page: string, text: string): string[] {
  const withoutCode = text.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '');
  return [...withoutCode.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^(?:[a-z]+:|#|\/)/i.test(target))
    .filter((target) => !existsSync(join(root, dirname(page), target.replace(/#.*/, ''))));
}

/** Scripts that a text runs with npm, and that there are not. */
function missingScripts(text: string): string[] {
  return [...text.matchAll(/\bnpm run (?:-s )?([a-z][a-z0-9:-]*)/g)]
    .map(([, script = '']) => script)
    .filter((script) => scripts[script] === undefined);
}

describe('The README', () => {
  it('has at most 200 lines', () => {
    expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(200);
  });

  it('has a picture, a diagram, the line of a kill run, and three reading paths', () => {
    const text = read('README.md');
    for (const part of [
      /^```mermaid$/m,
      /!\[[^\]]+\]\(\S+\.png\)/,
      /lost=0 phantom=0 doubled=0/,
      /15 minutes.*60 minutes/s,
    ])
      expect(text).toMatch(part);
  });
});

describe('The pages of the documentation', () => {
  it.each(pages)('%s links to files, and names scripts, that there are', (page) => {
    expect([...brokenLinks(page, read(page)), ...missingScripts(read(page))]).toEqual([]);
  });

  it('are read by a check that finds what is missing', () => {
    expect(brokenLinks('docs/x.md', '[a](../README.md) [b](gone.md#c) `[d](e.md)`')).toEqual(['gone.md#c']);
    expect(missingScripts('`npm run check`, `npm run -s gone -- x`')).toEqual(['gone']);
  });
});
