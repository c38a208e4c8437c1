/** The delivery test by itself: `npm run test:delivery -- --seed 7`; with `--full` everything, on real parts too. */
import { parseArgs } from 'node:util';
import { conclude, performOnParts } from './parts/on-parts.js';
import { all } from './parts/scenarios.js';
import { lineOf, run } from './run.js';
import { mainPlan, SETTLE_MS } from './sizes.js';

const { values } = parseArgs({ options: { seed: { type: 'string' }, full: { type: 'boolean' } } });
const seed = values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(values.seed);
const report = await run({ plan: mainPlan(seed), settleMs: SETTLE_MS });
for (const [kind, faults] of Object.entries(report.verdict)) {
  for (const fault of faults as readonly string[]) process.stdout.write(`${kind}: ${fault}\n`);
}
const statuses = Object.groupBy(report.history.writes, (write) => String(write.status ?? 'no answer'));
const answers = Object.entries(statuses).map(([status, writes]) => `${status}: ${writes?.length}`);
process.stdout.write(
  `answers: ${answers.join(', ')}; keys with events on both sides of a kill: ${report.keysAcrossKills}\n`,
);
const line = lineOf(report);
process.stdout.write(`${line}\n`);
const faults = Object.values(report.verdict).flat();
const holds = faults.length === 0 && report.settled && report.redelivered > 0 && report.keysAcrossKills > 0;
if (!holds) process.exitCode = 1;
if (values.full) {
  const { lines, failed } = await performOnParts(all, true, seed);
  conclude({ lines: [line, ...lines], failed: failed + (holds ? 0 : 1) });
}
