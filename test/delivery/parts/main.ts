/**
 * What survives on real parts: `npm run test:delivery:parts`, with `-- --full` everything, `--seed N` the same again, or the
 * names of scenarios.
 */
import { parseArgs } from 'node:util';
import { Containers } from '../../support/containers.js';
import { isFine, lineOf, perform, type Performance } from './perform.js';
import { all, few, type Scenario } from './scenarios.js';

const { values, positionals } = parseArgs({
  options: { seed: { type: 'string' }, full: { type: 'boolean' } },
  allowPositionals: true,
});
const seed = values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(values.seed);
const chosen = positionals.length > 0 ? all.filter(({ name }) => positionals.includes(name)) : values.full ? all : few;

const containers = await Containers.start().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void containers.stop().finally(() => process.exit(1)));
}
const done: Performance[] = [];
try {
  for (const scenario of chosen) done.push(await show(scenario));
} finally {
  await containers.stop();
}
const failed = done.filter((each) => !isFine(each));
process.stdout.write(
  `\n${done.map(lineOf).join('\n')}\n${done.length - failed.length} of ${done.length} scenarios held\n`,
);
process.exitCode = failed.length > 0 ? 1 : 0;

async function show(scenario: Scenario): Promise<Performance> {
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
