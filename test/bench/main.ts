/**
 * Measures what the platform costs, as ratios to a measured limit: `npm run bench -- --only create,read --rounds 9`.
 * `npm run bench -- growth` counts what routes read of 10⁴, 10⁵ and 10⁶ posts; `-- growth --posts 10000,100000` of fewer.
 * `npm run bench -- peers` compares the platform with blogs as they are usually written.
 * `npm run bench -- telemetry` measures what traces, metrics and log cost, as ratios to the platform without them.
 */
import { parseArgs } from 'node:util';
import { openArena } from './arena.js';
import { assertCpuTimeIsReadable } from './cpu.js';
import { figures } from './statistics/figures.js';
import { growth } from './growth/growth.js';
import { measure } from './measure.js';
import { legendOf, table } from './statistics/report.js';
import { peerFigures, peerLegend } from './peers/figures.js';
import { telemetryFigures, telemetryLegend } from './telemetry/figures.js';

const MIN_ROUNDS = 7;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '7' },
    posts: { type: 'string', default: '10000,100000,1000000' },
  },
});
const [subject = 'platform'] = positionals;
const tables = new Map([
  ['platform', { all: figures, legend: legendOf }],
  ['peers', { all: peerFigures, legend: () => peerLegend }],
  ['telemetry', { all: telemetryFigures, legend: () => telemetryLegend }],
]);
const selected = tables.get(subject);
if (!selected && subject !== 'growth')
  throw new Error(`There is no table ${subject}, only: ${[...tables.keys(), 'growth'].join(', ')}.`);
const chosen = (selected?.all ?? []).filter(
  ({ key }) => values.only === undefined || values.only.split(',').includes(key),
);
const rounds = Math.max(MIN_ROUNDS, Number(values.rounds));

if (selected) assertCpuTimeIsReadable();
const arena = await openArena();
try {
  const rows: string[][] = [];
  for (const figure of chosen) rows.push(...(await measure(figure, arena, rounds)));
  process.stdout.write(
    selected ? `${table(rows)}\n${selected.legend(chosen)}` : await growth(arena, values.posts.split(',').map(Number)),
  );
} finally {
  await arena.close();
}
