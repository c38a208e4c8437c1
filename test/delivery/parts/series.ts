import type { Containers } from '../../support/containers.js';
import { isFine, lineOf, perform, type Performance } from './perform.js';
import { faultsOf } from '../verdict.js';
import type { Scenario } from './scenarios.js';

/** Performs one scenario after the other and prints what came of each. Returns their lines, and how many did not hold. */
export async function performAll(
  containers: Containers,
  scenarios: readonly Scenario[],
  seed: number,
): Promise<{ lines: string[]; failed: number }> {
  const done: Performance[] = [];
  for (const scenario of scenarios) done.push(await performAndShow(containers, scenario, seed));
  return {
    lines: done.map((each) => [lineOf(each), ...faultsIn(each)].join('\n  ')),
    failed: done.filter((each) => !isFine(each)).length,
  };
}

async function performAndShow(containers: Containers, scenario: Scenario, seed: number): Promise<Performance> {
  const begun = performance.now();
  const result = await perform(containers, scenario, seed);
  const seconds = Math.round((performance.now() - begun) / 1_000);
  process.stdout.write(
    `${lineOf(result)}\n  ${seconds} s; answers ${result.history.answers}; keys across ${result.keysAcross}\n`,
  );
  for (const fault of faultsIn(result)) process.stdout.write(`  ${fault}\n`);
  return result;
}

const faultsIn = ({ faults, verdict }: Performance) => [...faults, ...faultsOf(verdict)].slice(0, 30);
