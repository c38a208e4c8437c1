/**
 * Measures what the platform costs, as ratios to a measured limit: `npm run bench -- --only create,read --rounds 9`.
 */
import { parseArgs } from 'node:util';
import { openArena } from './arena.js';
import { assertCpuTimeIsReadable } from './cpu.js';
import { figures } from './statistics/figures.js';
import { measure } from './measure.js';
import { table } from './statistics/report.js';

const MIN_ROUNDS = 7;

const { values } = parseArgs({ options: { only: { type: 'string' }, rounds: { type: 'string', default: '7' } } });
const chosen = figures.filter(({ key }) => values.only === undefined || values.only.split(',').includes(key));
const rounds = Math.max(MIN_ROUNDS, Number(values.rounds));

assertCpuTimeIsReadable();
const arena = await openArena();
try {
  const rows: string[][] = [];
  for (const figure of chosen) rows.push(...(await measure(figure, arena, rounds)));
  process.stdout.write(`${table(rows)}\n`);
} finally {
  await arena.close();
}
