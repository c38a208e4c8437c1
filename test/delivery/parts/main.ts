/**
 * The delivery test on Kafka, Redis and Postgres in containers: `npm run test:delivery:parts`. Options, after `--`:
 * `--full` runs all scenarios and the red controls, `--controls` only these, `--seed N` sets the seed, and names select
 * scenarios.
 */
import { parseArgs } from 'node:util';
import { withContainers } from '../../support/infrastructure/containers.js';
import { seedOf } from '../sizes.js';
import { printSummary, performOnParts } from './on-parts.js';
import { allScenarios, ciScenarios } from './scenarios.js';

const { values, positionals } = parseArgs({
  options: { seed: { type: 'string' }, full: { type: 'boolean' }, controls: { type: 'boolean' } },
  allowPositionals: true,
});
const { full = false, controls = false } = values;
const seed = seedOf(values.seed);
const named = allScenarios.filter(({ name }) => positionals.includes(name));
const chosen = positionals.length > 0 ? named : full ? allScenarios : ciScenarios;

await withContainers(async (containers) => {
  printSummary(await performOnParts(containers, controls ? [] : chosen, controls || full, seed));
});
