import type { Containers } from '../../support/containers.js';
import { performControls } from './controls.js';
import type { Scenario } from './scenarios.js';
import { performAll } from './series.js';

/** What was performed: a line of counts each, and how many did not hold. */
export interface Outcome {
  readonly lines: readonly string[];
  readonly failed: number;
}

/** Performs scenarios, and the red controls if asked to. */
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

/** All lines once more, and their sum. The process ends with 1 if anything did not hold. */
export function conclude({ lines, failed }: Outcome): void {
  process.stdout.write(`\n${lines.join('\n')}\ndelivery: ${lines.length - failed} passed, ${failed} failed\n`);
  if (failed > 0) process.exitCode = 1;
}
