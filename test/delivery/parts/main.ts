/**
 * What survives on real parts: `npm run test:delivery:parts`, with `-- --full` everything, `--seed N` the same again, or the
 * names of scenarios.
 */
import { parseArgs } from 'node:util';
import { withContainers } from '../../support/containers.js';
import { performControls } from './controls.js';
import { all, few } from './scenarios.js';
import { performAll } from './series.js';

const { values, positionals } = parseArgs({
  options: { seed: { type: 'string' }, full: { type: 'boolean' }, controls: { type: 'boolean' } },
  allowPositionals: true,
});
const seed = values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(values.seed);
const chosen = positionals.length > 0 ? all.filter(({ name }) => positionals.includes(name)) : values.full ? all : few;

await withContainers(async (containers) => {
  const scenarios = values.controls ? { lines: [], failed: 0 } : await performAll(containers, chosen, seed);
  const controls = values.controls || values.full ? await performControls(containers, seed) : { lines: [], failed: 0 };
  const lines = [...scenarios.lines, ...controls.lines];
  const failed = scenarios.failed + controls.failed;
  process.stdout.write(`\n${lines.join('\n')}\ndelivery on parts: ${lines.length - failed} passed, ${failed} failed\n`);
  process.exitCode = failed > 0 ? 1 : 0;
});
