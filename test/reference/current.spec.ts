import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { contracts } from '#contracts';
import { packageRoot } from '#database';
import { referencePages } from './pages.js';
import { statementFiles } from './statement-files.js';

const folder = join(packageRoot(), 'docs/reference');
const names = ['errors.md', 'events.md', 'glossary.md', 'metrics.md', 'routes.md', 'settings.md'];
/** Written by what measures them, or by hand. */
const measured = ['performance', 'tradeoff', 'reasons-to-split', 'capacity'];
let pages: Record<string, string>;

beforeAll(async () => {
  pages = await referencePages();
});

describe('The SQL beside each repository', () => {
  const files = statementFiles();

  it.each(Object.keys(files))('%s is what `npm run reference` makes of the code', (path) => {
    expect(readFileSync(join(packageRoot(), path), 'utf8')).toBe(files[path]);
  });

  it('exists for every repository of the services', () => {
    const repositories = globSync('apps/*/src/**/*.repository.ts', { cwd: packageRoot() });
    expect(Object.keys(files).toSorted()).toEqual(repositories.map((path) => path.replace(/\.ts$/, '.sql')).toSorted());
  });
});

describe('The reference', () => {
  it.each(names)('%s is what `npm run reference` makes of the code', (name) => {
    expect(readFileSync(join(folder, name), 'utf8')).toBe(pages[name]);
  });

  it('has no other files, except what was measured', () => {
    const others = readdirSync(folder).filter((name) => !names.includes(name));
    expect(others.filter((name) => !measured.includes(name.replace(/\.\w+$/, '')))).toEqual([]);
    expect(Object.keys(pages)).toEqual(names);
  });

  it('names the consumers of every event, with an example that its schema accepts', () => {
    for (const { type, data } of contracts.values()) {
      const section = pages['events.md']?.split(`\n## ${type}\n`)[1]?.split('\n## ')[0] ?? '';
      expect([type, section]).toEqual([type, expect.stringMatching(/\| consumed by \| `\w+\.[\w-]+`/)]);
      const [, example = '{}'] = /```json\n([\s\S]*?)\n```/.exec(section) ?? [];
      expect(data.safeParse((JSON.parse(example) as { data: unknown }).data).success).toBe(true);
    }
  });

  it('describes every setting', () => {
    const rows = pages['settings.md']?.split('\n').filter((line) => line.startsWith('| `')) ?? [];
    expect(rows.length).toBeGreaterThan(25);
    for (const row of rows) expect(row).toMatch(/\| [A-Za-z0-9][^|]+ \|$/);
  });
});
