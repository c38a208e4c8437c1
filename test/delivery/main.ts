/**
 * Runs the delivery test alone: `npm run test:delivery -- --seed 7`. With `--full` it also runs all scenarios and red
 * controls on Kafka, Redis and Postgres in containers.
 */
import { parseArgs } from 'node:util';
import { withContainers } from '../support/infrastructure/containers.js';
import { printSummary, performOnParts } from './parts/on-parts.js';
import { allScenarios } from './parts/scenarios.js';
import { lineOf, run } from './run.js';
import { mainPlan, seedOf, SETTLE_MS } from './sizes.js';
import { violationsOf } from './checking/verdict.js';

const { values } = parseArgs({ options: { seed: { type: 'string' }, full: { type: 'boolean' } } });
const seed = seedOf(values.seed);
const report = await run({ plan: mainPlan(seed), settleMs: SETTLE_MS });
const violations = violationsOf(report.verdict);
for (const violation of violations) process.stdout.write(`${violation}\n`);
process.stdout.write(
  `responses: ${report.history.answers}; keys with events before and after a kill: ${report.keysAcrossKills}\n`,
);
const line = lineOf(report);
process.stdout.write(`${line}\n`);
const hasPassed = violations.length === 0 && report.settled && report.redelivered > 0 && report.keysAcrossKills > 0;
if (!hasPassed) process.exitCode = 1;
if (values.full) {
  await withContainers(async (containers) => {
    const { lines, failed } = await performOnParts(containers, allScenarios, true, seed);
    printSummary({ lines: [line, ...lines], failed: failed + (hasPassed ? 0 : 1) });
  });
}
