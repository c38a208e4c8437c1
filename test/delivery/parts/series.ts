import type { Containers } from '../../support/containers.js';
import { isFine, lineOf, perform, type Performance } from './perform.js';
import type { Scenario } from './scenarios.js';

/** Performs one scenario after the other and prints what came of each. Returns their lines, and how many did not hold. */
export async function performAll(
  containers: Containers,
  scenarios: readonly Scenario[],
  seed: number,
): Promise<{ lines: string[]; failed: number }> {
  const done: Performance[] = [];
  for (const scenario of scenarios) done.push(await performAndShow(containers, scenario, seed));
  return { lines: done.map(lineOf), failed: done.filter((each) => !isFine(each)).length };
}

async function performAndShow(containers: Containers, scenario: Scenario, seed: number): Promise<Performance> {
  const begun = performance.now();
  const result = await perform(containers, scenario, seed);
  const statuses = Object.groupBy(result.history.writes, (write) => String(write.status ?? 'no answer'));
  const answers = Object.entries(statuses).map(([status, writes]) => `${status}: ${writes?.length}`);
  const seconds = Math.round((performance.now() - begun) / 1_000);
  process.stdout.write(
    `${lineOf(result)}\n  ${seconds} s; answers ${answers.join(', ')}; keys across ${result.keysAcross}\n`,
  );
  const faults = Object.entries(result.verdict).flatMap(([kind, list]) =>
    (list as string[]).map((each) => `${kind}: ${each}`),
  );
  for (const fault of [...result.faults, ...faults].slice(0, 30)) process.stdout.write(`  ${fault}\n`);
  return result;
}
