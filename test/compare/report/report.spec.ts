import { describe, expect, it } from '@jest/globals';
import type { OpenLoopResult } from '../../support/load/open-loop.js';
import { operations } from '../load/mix.js';
import type { Phase, Visit } from '../measure/visit.js';
import type { Round, Run } from '../run.js';
import { markdownOf } from './markdown.js';
import { pageOf } from './page.js';
import { sectionsOf } from './sections/sections.js';
import { judged } from './sections/short.js';
import { checksOf, noExtras, quantilesOf, subjectSummary, type Summary } from './summary.js';

const sizes = {
  rate: 1,
  readRate: 1,
  warmUp: { rate: 1, seconds: 1 },
  seconds: 1,
  publications: 1,
  saturate: true,
};

function phase(microseconds: number, dropped = 0): Phase {
  const answers = { latencies: [1, 2, 3], refused: 0, failed: 0, statuses: [], troubles: [] };
  const all = Object.fromEntries(operations.map(({ name }) => [name, answers]));
  const sent: OpenLoopResult = { operations: all, seconds: 1, dropped, lateness: [] };
  return { sent, cpu: { ours: microseconds * 90, postgres: microseconds * 10 }, answered: 100, seconds: 1 };
}

function visit(microseconds: number, dropped = 0): Visit {
  return {
    startedIn: 1_000,
    idle: { ours: 1_000, postgres: 1_000 },
    mixed: phase(microseconds, dropped),
    reads: phase(microseconds),
    effects: [10, 20],
    memory: { ours: 1_048_576, postgres: 1_048_576 },
    connections: 3,
    steps: [
      { rate: 200, readsP99: 10, writesP99: 10, failed: 0, met: true },
      { rate: 250, readsP99: 300, writesP99: 10, failed: 0, met: false },
    ],
  };
}

function round({ again = 100, services = 200, dropped = 0 } = {}): Round {
  return { visits: { monolith: visit(100, dropped), services: visit(services), again: visit(again) }, raw: [5] };
}

const good = { longest: 1_001, dropped: 0, ok: true };
const equal = { exchanges: 3, differences: {} };
const runOf = (rounds: Round[], generator = good): Run => ({ rounds, generator });

describe('A run', () => {
  it('is valid if all its checks are good', () => {
    expect(checksOf(runOf([round()]), equal)).toMatchObject({ passed: 4, void: [] });
  });

  it('is not judged by noise if it is too short', () => {
    expect(checksOf(runOf([round({ again: 110 })]), equal, { judgeNoise: false })).toMatchObject({
      passed: 3,
      void: [],
    });
  });

  it.each([
    ['the monolith differs from itself', runOf([round({ again: 110 })]), equal, /compared with itself is 1\.100/],
    ['requests were not sent', runOf([round({ dropped: 2 })]), equal, /2 requests were due/],
    ['the sender misses a standstill', runOf([round()], { ...good, ok: false }), equal, /stood still/],
    [
      'answers differ',
      runOf([round()]),
      { exchanges: 3, differences: { services: 'x' } },
      /answers of services differ/,
    ],
  ])('is void if %s', (_, run, answers, reason) => {
    expect(checksOf(run, answers).void).toEqual([expect.stringMatching(reason)]);
  });
});

it('p999 needs 10,000 samples', () => {
  const values = Array.from({ length: 10_000 }, (_, index) => index);
  expect(quantilesOf(values).p999).toBeCloseTo(9_989, 0);
  expect(quantilesOf(values.slice(1))).not.toHaveProperty('p999');
});

describe('A report', () => {
  const rounds = [round(), round(), round()];
  const extras = noExtras;
  const summary: Summary = {
    machine: { date: '2026-01-01', commit: 'c', processors: 2, processor: '<p>', memory: 1, system: 's', node: 'v' },
    command: 'npm run compare',
    sizes,
    rounds: 3,
    checks: checksOf(runOf(rounds), equal),
    raw: quantilesOf([10]),
    subjects: [subjectSummary('monolith', rounds, extras), subjectSummary('services', rounds, extras)],
    distribution: {
      lines: { kafka: 1 },
      containers: { monolith: ['m'], services: ['a', 'b'] },
      images: { monolith: 1, services: 2 },
    },
  };

  it('counts the CPU time of all parts per answered request, and above what idles', () => {
    const [monolith] = summary.subjects;
    expect(monolith?.mixed.perRequest.median).toBe(100);
    expect(monolith?.mixed.byPart).toEqual({ ours: 90, postgres: 10 });
    expect(monolith?.mixed.aboveIdle.median).toBe(80);
    expect(monolith?.throughput?.median).toBe(200);
  });

  it('judges the services by the monolith', () => {
    const figures = judged(summary).map(([, figure]) => figure);
    expect(figures).toEqual(['0.50', '0.44', '0.67x']);
  });

  it('has each section as Markdown and on the page, and runs nothing from its texts', () => {
    const sections = sectionsOf(summary);
    const [markdown, page] = [markdownOf({ name: 'n', title: 'T', summary: 'S' }, sections), pageOf('T', sections)];
    for (const { title } of sections) {
      expect(markdown).toContain(`## ${title}`);
      expect(page).toContain(`<h2>${title}</h2>`);
    }
    expect(page).not.toContain('(<p>)');
    expect(page.match(/<canvas/g)).toHaveLength(sections.flatMap(({ charts = [] }) => charts).length);
  });

  it('leads from page to page', () => {
    const paragraphs = ['[More](capacity.md), and [others](performance.md).'];
    const links = '<a href="capacity.html">More</a>, and <a href="performance.md">others</a>.';
    expect(pageOf('T', [{ title: 'S', paragraphs }])).toContain(links);
  });
});
