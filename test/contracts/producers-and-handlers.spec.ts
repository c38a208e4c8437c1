import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import * as contractsDoor from '#contracts';

const contractNames = Object.keys(contractsDoor).filter((name) => /V\d+$/.test(name));
const sources = globSync('apps/*/src/**/*.ts').filter(
  (path) => !path.endsWith('.spec.ts') && !path.includes('generated'),
);
const codeOf = (paths: readonly string[]) => paths.map((path) => readFileSync(path, 'utf8')).join('\n');
const handlers = codeOf(sources.filter((path) => path.endsWith('.handler.ts')));
const others = codeOf(sources.filter((path) => !path.endsWith('.handler.ts')));

describe('Every event', () => {
  it.each(contractNames)('%s is consumed by a handler', (name) => {
    const declared = [...handlers.matchAll(/@OnEvents?\('[^']+', \[([^\]]+)\]/g)].map(([, list]) => list).join();
    expect(declared).toContain(name);
  });

  it.each(contractNames)('%s is emitted by a service', (name) => {
    expect(others).toMatch(new RegExp(`(newEvent|eventOf)\\(\\s*${name}\\b`));
  });
});
