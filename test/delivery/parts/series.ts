import type { Containers } from '../../support/infrastructure/containers.js';
import { hasPassed, lineOf, perform, type ScenarioResult } from './perform.js';
import { violationsOf } from '../checking/verdict.js';
import type { Scenario } from './scenarios.js';

/**
 * Performs the scenarios one after the other and prints their results. Returns their lines, and how many failed. A
 * scenario that throws has failed; the others are performed nevertheless.
 */
export async function performAll(
  containers: Containers,
  scenarios: readonly Scenario[],
  seed: number,
): Promise<{ lines: string[]; failed: number }> {
  const lines: string[] = [];
  let failed = 0;
  for (const scenario of scenarios) {
    try {
      const result = await performAndShow(containers, scenario, seed);
      lines.push([lineOf(result), ...violationsIn(result)].join('\n  '));
      if (!hasPassed(result)) failed++;
    } catch (error) {
      const line = `delivery: topology=services scenario=${scenario.name} seed=${seed} threw ${String(error)}`;
      process.stdout.write(`${line}\n`);
      lines.push(line);
      failed++;
    }
  }
  return { lines, failed };
}

async function performAndShow(containers: Containers, scenario: Scenario, seed: number): Promise<ScenarioResult> {
  const begun = performance.now();
  const result = await perform(containers, scenario, seed);
  const seconds = Math.round((performance.now() - begun) / 1_000);
  process.stdout.write(
    `${lineOf(result)}\n  ${seconds} s; responses ${result.history.answers}; ` +
      `keys with events before and after a disruption: ${result.keysAcross}\n`,
  );
  for (const violation of violationsIn(result)) process.stdout.write(`  ${violation}\n`);
  return result;
}

const violationsIn = ({ violations, verdict }: ScenarioResult) =>
  [...violations, ...violationsOf(verdict)].slice(0, 30);
