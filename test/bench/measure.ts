import type { Arena } from './arena.js';
import { compare } from './contest.js';
import type { Figure } from './statistics/figures.js';
import { rowOf } from './statistics/report.js';

/** Runs a comparison and returns its rows of the table. Writes to standard error how long it took. */
export async function measure(
  { key, operations, prepare, cpuOfPart = () => 0, lines }: Figure,
  arena: Arena,
  rounds: number,
): Promise<string[][]> {
  process.stderr.write(`${key} … `);
  const begun = performance.now();
  const contest = await prepare(arena);
  try {
    const shared = { cpu: () => arena.cpu() + cpuOfPart(), settle: () => arena.settle() };
    const measured = await compare(contest, { operations, rounds, shared });
    return lines.map((line) => rowOf(line, measured));
  } finally {
    await contest.limit.stop();
    await contest.ours.stop();
    process.stderr.write(`${((performance.now() - begun) / 1_000).toFixed(0)} s\n`);
  }
}
