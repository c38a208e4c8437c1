import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { serviceNames } from '#contracts';
import ts from 'typescript';

/**
 * Dependency rules, lowest layer first. A folder may import folders of the lines above its own, through their
 * `src/index.ts` (`#posts`), and nothing else of the project. Folders of one line never import each other.
 */
const layers: readonly (readonly string[])[] = [
  ['telemetry'],
  ['contracts'],
  ['database'],
  ['events'],
  ['cache'],
  ['runtime'],
  serviceNames,
  ['monolith', 'ops'],
];

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
    ['apps/ops/src/x.ts', `import { a } from '#monolith';`],
    ['apps/posts/src/x.ts', `import { a } from '../../users/src/users.service.js';`],
    ['apps/posts/src/x.ts', `import { a } from '#events/outbox.js';`],
  ])('reports a violation in %s: %s', (path, code) => {
    expect(violationsOf(path, code)).toHaveLength(1);
  });
});

describe('The folders', () => {
  const files = globSync('{apps,libs,test,tools}/**/*.{ts,mjs}', { exclude: (path) => path.includes('generated') });
  const sizes = Map.groupBy(
    files.filter((path) => !/\.(e2e-)?spec\.ts$/.test(path)),
    (path) => dirname(path),
  );

  it.each([...sizes])('%s has at most a dozen source files', (_, members) => {
    expect(members.length).toBeLessThanOrEqual(12);
  });
});

describe('SQL', () => {
  const isRepository = (path: string) => /\.repository\.ts$|\/tables\.ts$/.test(path);
  const others = sources.filter((path) => serviceNames.some((name) => path.startsWith(`apps/${name}/`)));

  it.each(others.filter((path) => !isRepository(path) && !path.endsWith('.spec.ts')))('is not in %s', (path) => {
    expect(sqlIn(readFileSync(path, 'utf8'))).toEqual([]);
  });

  it.each([
    "import { sql } from 'kysely';",
    "await this.database.query('select 1');",
    'const text = `delete from posts where id = $1`;',
    "const where = 'select id from users';",
  ])('is noticed: %s', (code) => {
    expect(sqlIn(code)).toHaveLength(1);
  });
});

describe('The internals of other packages', () => {
  const INTERNAL = /['"](@nestjs\/[\w-]+\/internal|kafkajs\/src\/[\w/.]+)['"]/;

  it('are used only where docs/guides/where-we-leave-nest.md says so', () => {
    const page = readFileSync('docs/guides/where-we-leave-nest.md', 'utf8');
    const users = sources.filter((path) => INTERNAL.test(readFileSync(path, 'utf8')));
    expect(users.length).toBeGreaterThan(1);
    for (const path of users) expect(page).toContain(`../../${path}`);
  });
});

describe('The language', () => {
  const texts = globSync('{apps,libs,test,tools,docs}/**/*.{ts,mjs,md}', {
    exclude: (path) => /generated|node_modules/.test(path),
  });
  const DIALECT = /\b(hears?|heard|whoever|mend(s|ed|ing)?|tells of)\b/i;

  it('uses none of the words that the glossary replaces', () => {
    const found = texts
      .filter((path) => path !== 'test/architecture.spec.ts')
      .filter((path) => DIALECT.test(readFileSync(path, 'utf8')));
    expect(found).toEqual([]);
  });
});

const SQL =
  /from 'kysely'|database\.(query|queryBounded)\b|['"`]\s*(select|insert into|update|delete from|with) [\w*(]+[ ,]/;

function sqlIn(code: string): string[] {
  return code.split('\n').filter((line) => SQL.test(line));
}

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
    return other >= own ? [`${folder} may not import ${imported}`] : [];
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
