import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readFolder } from './read-folder.js';
import { nameOf } from './site.js';

describe('A folder of Markdown', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'twofold-folder-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (path: string, text = 'Text') => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const statuses = (below = '') =>
    readFolder(join(folder, below)).files.map(({ path, file }) => [path, file.post.status]);

  it('is read without what its names exclude, which is said', () => {
    for (const path of ['_a.md', '_includes/b.md', '.obsidian/c.md', 'node_modules/d.md', 'e.mdx', 'f.txt'])
      write(path);
    for (const path of ['_posts/2020-01-01-g.md', '_drafts/h.md', '_index.md', 'i/j.markdown', 'l.MD']) write(path);
    write('k/_index.md', '---\ntitle: K\n---\n');
    expect(statuses()).toEqual([
      ['_drafts/h.md', 'draft'],
      ['_index.md', 'published'],
      ['_posts/2020-01-01-g.md', 'published'],
      ['i/j.markdown', 'published'],
      ['l.MD', 'published'],
    ]);
    expect(readFolder(folder).skipped.map(({ path }) => path)).toEqual([
      '.obsidian',
      '_a.md',
      '_includes',
      'e.mdx',
      'node_modules',
      'k/_index.md',
    ]);
  });

  it('passes on what its index and its data say', () => {
    write('secret/_index.md', '---\ncascade:\n  - build: {render: never}\n---\nText');
    write('secret/deep/a.md');
    write('notes/notes.json', '{"permalink": false}');
    write('notes/b.md');
    write('notes/c.md', '---\npermalink: /c/\n---\nText');
    expect(statuses()).toEqual([
      ['notes/b.md', 'draft'],
      ['notes/c.md', 'published'],
      ['secret/_index.md', 'draft'],
      ['secret/deep/a.md', 'draft'],
    ]);
    write('.twofold.json', '{}');
    expect(statuses('secret/deep')).toEqual([['secret/deep/a.md', 'draft']]);
    write('notes/notes.json', '{');
    expect(readFolder(folder).unreadable.map(({ path }) => path)).toEqual(['notes/b.md', 'notes/c.md']);
  });

  it('of drafts has drafts', () => {
    write('_drafts/a.md');
    expect(statuses('_drafts')).toEqual([['a.md', 'draft']]);
  });

  it('has one file of each name', () => {
    for (const path of ['a.md', 'a/index.md']) write(path);
    expect(readFolder(folder).unreadable).toEqual([{ path: 'a.md', text: 'it is called like a/index.md' }]);
    expect(['index.md', '_index.md', 'a/b.md', 'a/b/index.md', 'cafe\u0301.md'].map(nameOf)).toEqual([
      'index',
      'index',
      'a/b',
      'a/b',
      'caf\u00e9',
    ]);
  });

  it('is a part of a bundle, of its data and of folders above', () => {
    write('bundle/index.md', '---\nheadless: true\n---\nText');
    write('bundle/part.md');
    write('posts/a.md');
    write('posts/a.json', '{"permalink": false}');
    write('scripted/b.md');
    write('scripted/scripted.11tydata.js', 'module.exports = {}');
    write('section/_index.markdown', '---\ncascade: {draft: true}\n---\nText');
    write('section/c.md');
    expect(statuses().filter(([, status]) => status === 'published')).toEqual([]);
    write('_drafts/2024/d.md', '---\ndraft: false\n---\nText');
    expect(statuses('_drafts/2024')).toEqual([['d.md', 'draft']]);
  });

  it('leaves a site within it alone', () => {
    write('a/b.md');
    write('a/.twofold.json', '{}');
    expect(readFolder(folder)).toMatchObject({
      files: [],
      skipped: [{ path: 'a', text: expect.stringContaining('site of its own') }],
    });
  });
});
