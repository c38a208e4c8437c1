/**
 * What survives on real parts: `npm run test:delivery:parts`, with `-- --full` everything, `--seed N` the same again, or the
 * names of scenarios.
 */
import { parseArgs } from 'node:util';
import { conclude, performOnParts } from './on-parts.js';
import { all, few } from './scenarios.js';

const { values, positionals } = parseArgs({
  options: { seed: { type: 'string' }, full: { type: 'boolean' }, controls: { type: 'boolean' } },
  allowPositionals: true,
});
const { full = false, controls = false } = values;
const seed = values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(values.seed);
const named = all.filter(({ name }) => positionals.includes(name));
const chosen = positionals.length > 0 ? named : full ? all : few;

conclude(await performOnParts(controls ? [] : chosen, controls || full, seed));
