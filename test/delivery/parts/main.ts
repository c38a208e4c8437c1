/**
 * What survives on real parts: `npm run test:delivery:parts`, with `-- --full` everything, `--seed N` the same again, or the
 * names of scenarios.
 */
import { parseArgs } from 'node:util';
import { withContainers } from '../../support/containers.js';
import { seedOf } from '../sizes.js';
import { conclude, performOnParts } from './on-parts.js';
import { all, few } from './scenarios.js';

const { values, positionals } = parseArgs({
  options: { seed: { type: 'string' }, full: { type: 'boolean' }, controls: { type: 'boolean' } },
  allowPositionals: true,
});
const { full = false, controls = false } = values;
const seed = seedOf(values.seed);
const named = all.filter(({ name }) => positionals.includes(name));
const chosen = positionals.length > 0 ? named : full ? all : few;

await withContainers(async (containers) => {
  conclude(await performOnParts(containers, controls ? [] : chosen, controls || full, seed));
});
