/** What the platform costs, as a part of what is possible: `npm run bench -- --only create,read --rounds 9`. */
import { parseArgs } from 'node:util';
import { type Arena, openArena } from './arena.js';
import { compare } from './contest.js';
import { assertCpuIsTold } from './cpu.js';
import { type Figure, figures } from './figures.js';
import { rowOf, table } from './report.js';

const FEWEST_ROUNDS = 7;

const { values } = parseArgs({ options: { only: { type: 'string' }, rounds: { type: 'string', default: '7' } } });
const chosen = figures.filter(({ key }) => values.only === undefined || values.only.split(',').includes(key));
const rounds = Math.max(FEWEST_ROUNDS, Number(values.rounds));

async function measure({ key, operations, prepare, lines }: Figure, arena: Arena): Promise<string[][]> {
  process.stderr.write(`${key} … `);
  const begun = performance.now();
  const contest = await prepare(arena);
  try {
    const measured = await compare(contest, { operations, rounds, shared: arena });
    return lines.map((line) => rowOf(line, measured));
  } finally {
    await contest.limit.stop();
    await contest.ours.stop();
    process.stderr.write(`${((performance.now() - begun) / 1_000).toFixed(0)} s\n`);
  }
}

assertCpuIsTold();
const arena = await openArena();
try {
  const rows: string[][] = [];
  for (const figure of chosen) rows.push(...(await measure(figure, arena)));
  process.stdout.write(`${table(rows)}\n`);
} finally {
  await arena.close();
}
