import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';

/**
 * The arrows. A folder may import those in the lines above its own, through their doors (`#posts`), and nothing else of
 * the project; folders of one line never import each other.
 */
const layers = [
  ['contracts'],
  ['database'],
  ['events'],
  ['cache'],
  ['runtime'],
  ['auth', 'users', 'posts', 'notifications'],
  ['monolith', 'ops'],
];

/** Only these may import a service. */
const mains = /^apps\/[a-z]+\/src\/main\.ts$/;
const services = layers.at(-2) ?? [];

const sources = globSync('{apps,libs}/*/**/*.ts', { exclude: (path) => path.includes('generated') })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => !path.endsWith('prisma.config.ts'));

describe('The architecture', () => {
  it('has sources to look at', () => {
    expect(sources.length).toBeGreaterThan(80);
  });

  it.each(sources)('%s imports only leftwards, and only through doors', (path) => {
    expect(faultsOf(path, readFileSync(path, 'utf8'))).toEqual([]);
  });

  it.each([
    ['libs/events/src/x.ts', `import { a } from '#runtime';`],
    ['libs/events/src/x.ts', `import type { a } from '#posts';`],
    ['apps/posts/src/x.ts', `export { a } from '#users';`],
    ['apps/posts/src/x.ts', `const a = await import('#users');`],
    ['apps/monolith/src/x.ts', `import { a } from '#users';`],
    ['apps/posts/src/x.ts', `import { a } from '../../users/src/users.service.js';`],
    ['apps/posts/src/x.ts', `import { a } from '#events/outbox.js';`],
  ])('notices in %s: %s', (path, code) => {
    expect(faultsOf(path, code)).toHaveLength(1);
  });
});

function faultsOf(path: string, code: string): string[] {
  const [kind = '', folder = ''] = path.split('/');
  const below = `${kind}/${folder}/`;
  return importsOf(path, code).flatMap((imported) => {
    if (imported.startsWith('.')) {
      if (isTestImportingSupport(path, imported)) return [];
      return normalize(join(dirname(path), imported)).startsWith(below) ? [] : [`${imported} leaves ${below}`];
    }
    if (!imported.startsWith('#')) return [];
    const door = imported.slice(1);
    const [own, other] = [layerOf(folder), layerOf(door)];
    if (other === -1) return [`${imported} is no door`];
    if (other >= own) return [`${folder} may not import ${imported}`];
    return services.includes(door) && !mains.test(path) ? [`only a main.ts may import ${imported}`] : [];
  });
}

/** The one thing that lies outside its folder and that a unit test may use. */
function isTestImportingSupport(path: string, imported: string): boolean {
  return path.endsWith('.spec.ts') && normalize(join(dirname(path), imported)).startsWith('test/support/');
}

function layerOf(folder: string): number {
  return layers.findIndex((layer) => layer.includes(folder));
}

function importsOf(path: string, code: string): string[] {
  return ts
    .preProcessFile(code, true, true)
    .importedFiles.map((file) => file.fileName)
    .filter((name) => name !== path);
}
