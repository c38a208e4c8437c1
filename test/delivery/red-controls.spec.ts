import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase } from '../support/database/database.js';
import { startTemporaryPostgres } from '../support/infrastructure/temporary-postgres.js';
import { report as print } from '../support/platform/reporting.js';
import { violationCountsOf, type Verdict } from './checking/verdict.js';
import type { FaultName } from './faults.js';
import { run } from './run.js';
import { controlPlan } from './sizes.js';

const SEEDS = [11, 12, 13];
const SETTLE_MS = 4_000;

/** The kinds of violation that the checker must report for each fault. */
const controls: Record<FaultName, { kills: number; settings?: Record<string, string>; caughtAs: (keyof Verdict)[] }> = {
  'remembers-last-id': { kills: 1, caughtAs: ['lost'] },
  'inbox-off': { kills: 2, caughtAs: ['doubledInProbe'] },
  'acknowledges-before-commit': { kills: 2, caughtAs: ['lost'] },
  'claims-rows-singly': { kills: 1, caughtAs: ['misordered'] },
};

/** The same checker that finds no violation in the product must detect each fault, within a few minutes. */
describe('Red control', () => {
  let postgres: Awaited<ReturnType<typeof startTemporaryPostgres>>;

  beforeAll(async () => {
    postgres = await startTemporaryPostgres();
  });

  afterAll(() => postgres.stop());

  const runs = Object.keys(controls).flatMap((fault) => SEEDS.map((seed) => [fault as FaultName, seed] as const));

  it.each(runs)('%s is caught (seed %i)', async (fault, seed) => {
    const { kills, caughtAs } = controls[fault];
    const databaseUrl = await createDatabase(postgres.url, `control_${seed}_${fault.replaceAll('-', '_')}`);
    const settings = { DELIVERY_FAULT: fault, DELIVERY_KILLS: String(kills) };
    const result = await run({ plan: controlPlan(seed), settings, databaseUrl, settleMs: SETTLE_MS });
    const isCaught = caughtAs.every((kind) => result.verdict[kind].length > 0);
    const violationCounts = violationCountsOf(result.history, result.verdict, `kills=${result.kills}`);
    print(`red control ${fault} seed=${seed}: ${isCaught ? 'caught' : 'MISSED'} ${violationCounts}`);
    expect(result.kills).toBe(kills);
    expect(result.history.writes.length).toBeLessThanOrEqual(100);
    expect(isCaught).toBe(true);
    if (fault === 'inbox-off') {
      // Natural keys and version guards suffice: even without an inbox the product's own tables stay correct.
      const { lost, phantom, doubled, misordered } = result.verdict;
      expect([lost, phantom, doubled, misordered]).toEqual([[], [], [], []]);
    }
  });
});
