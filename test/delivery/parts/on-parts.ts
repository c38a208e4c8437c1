import type { Containers } from '../../support/infrastructure/containers.js';
import { performControls } from './controls.js';
import type { Scenario } from './scenarios.js';
import { performAll } from './series.js';

/** One line of counts per scenario or red control, and how many of them failed. */
export interface Outcome {
  readonly lines: readonly string[];
  readonly failed: number;
}

/** Performs the scenarios, and the red controls if `withControls`. */
export async function performOnParts(
  containers: Containers,
  scenarios: readonly Scenario[],
  withControls: boolean,
  seed: number,
): Promise<Outcome> {
  const outcomes: Outcome[] = [await performAll(containers, scenarios, seed)];
  if (withControls) outcomes.push(await performControls(containers, seed));
  return {
    lines: outcomes.flatMap(({ lines }) => lines),
    failed: outcomes.reduce((sum, { failed }) => sum + failed, 0),
  };
}

/** Prints all lines again, and their totals. The process exits with 1 if anything failed. */
export function printSummary({ lines, failed }: Outcome): void {
  process.stdout.write(`\n${lines.join('\n')}\ndelivery: ${lines.length - failed} passed, ${failed} failed\n`);
  if (failed > 0) process.exitCode = 1;
}
