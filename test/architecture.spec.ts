import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { serviceNames } from '#contracts';
import ts from 'typescript';

/**
 * Dependency rules, lowest layer first. A folder may import folders of the lines above its own, through their
 * `src/index.ts` (`#posts`), and nothing else of the project. Folders of one line never import each other.
 */
const layers = [['contracts'], ['database'], ['events'], ['cache'], ['runtime'], serviceNames, ['monolith', 'ops']];

/** Only these may import a service. */
const mains = /^apps\/[a-z]+\/src\/main\.ts$/;
const services: readonly string[] = serviceNames;

const sources = globSync('{apps,libs}/*/**/*.ts', { exclude: (path) => path.includes('generated') })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => !path.endsWith('prisma.config.ts'));

describe('The architecture', () => {
  it('finds the source files', () => {
    expect(sources.length).toBeGreaterThan(80);
  });

  it.each(sources)('%s imports only lower layers, and only through their index.ts', (path) => {
    expect(violationsOf(path, readFileSync(path, 'utf8'))).toEqual([]);
  });

  it.each([
    ['libs/events/src/x.ts', `import { a } from '#runtime';`],
    ['libs/events/src/x.ts', `import type { a } from '#posts';`],
    ['apps/posts/src/x.ts', `export { a } from '#users';`],
    ['apps/posts/src/x.ts', `const a = await import('#users');`],
    ['apps/monolith/src/x.ts', `import { a } from '#users';`],
    ['apps/posts/src/x.ts', `import { a } from '../../users/src/users.service.js';`],
    ['apps/posts/src/x.ts', `import { a } from '#events/outbox.js';`],
  ])('reports a violation in %s: %s', (path, code) => {
    expect(violationsOf(path, code)).toHaveLength(1);
  });
});

function violationsOf(path: string, code: string): string[] {
  const [kind = '', folder = ''] = path.split('/');
  const ownFolder = `${kind}/${folder}/`;
  return importsOf(path, code).flatMap((imported) => {
    if (imported.startsWith('.')) {
      if (isTestImportingSupport(path, imported)) return [];
      return normalize(join(dirname(path), imported)).startsWith(ownFolder)
        ? []
        : [`${imported} is outside ${ownFolder}`];
    }
    if (!imported.startsWith('#')) return [];
    const target = imported.slice(1);
    const [own, other] = [layerOf(folder), layerOf(target)];
    if (other === -1) return [`${imported} is not a library or service`];
    if (other >= own) return [`${folder} may not import ${imported}`];
    return services.includes(target) && !mains.test(path) ? [`only a main.ts may import ${imported}`] : [];
  });
}

/** Unit tests may import test/support, although it is outside their folder. */
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
