import { describe, expect, it } from '@jest/globals';
import { report as print } from '../support/platform/reporting.js';
import { lineOf, type Report, run } from './run.js';
import { mainPlan, seedOf, SETTLE_MS } from './sizes.js';

const seed = seedOf();

describe('A monolith that is killed with kill -9', () => {
  let result: Report;

  it(`keeps every acknowledged write and exactly one effect of it (seed ${seed})`, async () => {
    result = await run({ plan: mainPlan(seed), settleMs: SETTLE_MS });
    print(lineOf(result));
    expect(result.verdict).toEqual({
      lost: [],
      phantom: [],
      doubled: [],
      doubledInProbe: [],
      misordered: [],
      stale: [],
    });
    expect(result.settled).toBe(true);
  }, 240_000);

  it('has had enough writes and kills, on hot and existing posts, with redeliveries', () => {
    const { history, kills, redelivered, keysAcrossKills } = result;
    const changes = history.writes.filter(({ kind }) => ['edit', 'publish', 'delete'].includes(kind));
    const hot = changes.filter(({ mark }) => mark.startsWith('h'));
    expect(history.writes.length).toBeGreaterThanOrEqual(1_000);
    expect(changes.length).toBeGreaterThanOrEqual(history.writes.length / 3);
    expect(hot).toHaveLength(50);
    expect(kills).toBeGreaterThanOrEqual(10);
    expect(mainPlan(seed).kills.filter((kill) => kill.database).length).toBeGreaterThanOrEqual(kills / 3);
    expect(redelivered).toBeGreaterThan(0);
    expect(keysAcrossKills).toBeGreaterThan(0);
  });

  it('follows a plan that depends only on the seed', () => {
    expect(mainPlan(seed)).toEqual(mainPlan(seed));
    expect(mainPlan(seed)).not.toEqual(mainPlan(seed + 1));
  });
});
