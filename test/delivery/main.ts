/** The delivery test by itself: `npm run test:delivery -- --seed 7`; with `--full` everything, on real parts too. */
import { parseArgs } from 'node:util';
import { withContainers } from '../support/containers.js';
import { conclude, performOnParts } from './parts/on-parts.js';
import { all } from './parts/scenarios.js';
import { lineOf, run } from './run.js';
import { mainPlan, seedOf, SETTLE_MS } from './sizes.js';
import { faultsOf } from './verdict.js';

const { values } = parseArgs({ options: { seed: { type: 'string' }, full: { type: 'boolean' } } });
const seed = seedOf(values.seed);
const report = await run({ plan: mainPlan(seed), settleMs: SETTLE_MS });
const faults = faultsOf(report.verdict);
for (const fault of faults) process.stdout.write(`${fault}\n`);
process.stdout.write(
  `answers: ${report.history.answers}; keys with events on both sides of a kill: ${report.keysAcrossKills}\n`,
);
const line = lineOf(report);
process.stdout.write(`${line}\n`);
const holds = faults.length === 0 && report.settled && report.redelivered > 0 && report.keysAcrossKills > 0;
if (!holds) process.exitCode = 1;
if (values.full) {
  await withContainers(async (containers) => {
    const { lines, failed } = await performOnParts(containers, all, true, seed);
    conclude({ lines: [line, ...lines], failed: failed + (holds ? 0 : 1) });
  });
}
