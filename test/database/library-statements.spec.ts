import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { testDatabase, type TestDatabase } from '../support/database/database.js';

/** A statement in the code of a library. */
interface Found {
  readonly where: string;
  /** Undefined if it is put together from more than constants. */
  readonly text: string | undefined;
}

/** Put together from parameters: each is run by the tests of its file instead. */
const composed = [
  'libs/database/src/delete-in-batches.ts',
  'libs/events/src/event-clock.ts',
  'libs/events/src/operations.ts',
  'libs/events/src/outbox/leases.ts',
  'libs/events/src/outbox/outbox.ts',
  'libs/runtime/src/read-your-writes/read-your-writes.guard.ts',
];

const parsed = new Map<string, ts.SourceFile>();

function sourceOf(path: string): ts.SourceFile {
  const known = parsed.get(path);
  if (known) return known;
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2023, true);
  parsed.set(path, source);
  return source;
}

/** Every first argument of a call of `….query(…)` in a file. */
function statementsIn(path: string): Found[] {
  const source = sourceOf(path);
  const found: Found[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { name, expression } = node.expression;
      const [first] = node.arguments;
      if (name.text === 'query' && /database$/i.test(expression.getText()) && first) {
        const { line } = source.getLineAndCharacterOfPosition(node.getStart());
        found.push({ where: `${path}:${line + 1}`, text: textOf(first, source) });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The text that an expression stands for, if it is made of literals and constants. */
function textOf(node: ts.Expression, source: ts.SourceFile): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isIdentifier(node)) return constantOf(node.text, source);
  if (!ts.isTemplateExpression(node)) return undefined;
  const parts = node.templateSpans.map(({ expression, literal }) => {
    const value = textOf(expression, source);
    return value === undefined ? undefined : value + literal.text;
  });
  return parts.includes(undefined) ? undefined : node.head.text + parts.join('');
}

/** Of the file, or of the file that it is imported from. */
function constantOf(name: string, source: ts.SourceFile): string | undefined {
  let value: string | undefined;
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === name && node.initializer)
      value ??= ts.isNumericLiteral(node.initializer)
        ? String(Number(node.initializer.text))
        : textOf(node.initializer, source);
    else if (ts.isImportDeclaration(node) && node.importClause?.getText().match(new RegExp(`\\b${name}\\b`))) {
      const { text } = node.moduleSpecifier as ts.StringLiteral;
      const path = join(dirname(source.fileName), text.replace(/\.js$/, '.ts'));
      if (existsSync(path)) value ??= constantOf(name, sourceOf(path));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return value;
}

const files = globSync('libs/*/src/**/*.ts', { exclude: (path) => path.endsWith('.spec.ts') });
const statements = files.flatMap(statementsIn);

describe('The statements of the libraries', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await testDatabase('posts');
  });

  afterAll(async () => {
    await test.close();
  });

  it('are found, and those that are put together are known', () => {
    expect(statements.length).toBeGreaterThan(35);
    const others = statements.filter(({ text }) => text === undefined).map(({ where }) => where.replace(/:.*/, ''));
    expect([...new Set(others)].toSorted((a, b) => (a < b ? -1 : 1))).toEqual(composed);
  });

  it.each(statements.flatMap(({ where, text }) => (text === undefined ? [] : [[where, text] as const])))(
    '%s fits the tables',
    async (_, text) => {
      // Postgres parses and plans it, and runs nothing. Without a name it replaces the one before.
      await test.database.pool.query(`explain (generic_plan) ${text}`);
    },
  );

  it('would be noticed not to fit', async () => {
    await expect(test.database.pool.query('explain (generic_plan) select nothing from outbox')).rejects.toThrow(
      /column "nothing" does not exist/,
    );
  });
});
