import type { Cost, Round } from '../contest.js';
import type { Line } from './figures.js';
import { type Spread, spreadOf } from './statistics.js';

/** How far the ratio of the limit to itself may be from 1; beyond that the figure is marked as noisy. */
const NOISE = 0.1;

const HEAD = [
  'figure',
  'ratio',
  '[p25 – p75]',
  'wall',
  'floor',
  'aim',
  'A/A',
  'limit µs (shared)',
  'ours µs (shared)',
  'verdict',
];

/** One line of the table. */
export function rowOf(line: Line, rounds: readonly Round[]): string[] {
  const ratios = spreadOf(rounds.map((round) => ratioOf(line, line.of, round)));
  const wall = spreadOf(rounds.map((round) => ratioOf(line, 'wall', round)));
  const itself = spreadOf(rounds.map(({ limit, again }) => limit[line.of] / again[line.of]));
  const noisy = Math.abs(itself.median - 1) > NOISE;
  return [
    line.name,
    shown(ratios.median, line),
    `[${shown(ratios.low, line)} – ${shown(ratios.high, line)}]`,
    line.of === 'cpu' ? shown(wall.median, line) : '',
    line.floor === undefined ? '' : shown(line.floor, line),
    line.aim === undefined ? '' : shown(line.aim, line),
    itself.median.toFixed(2),
    costOf(line, rounds, 'limit'),
    costOf(line, rounds, 'ours'),
    `${verdictOf(line, ratios)}${noisy ? ', noisy' : ''}`,
  ];
}

export function table(rows: readonly (readonly string[])[]): string {
  const all = [HEAD, ...rows];
  const widths = HEAD.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const padded = all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return padded.map((line) => line.trimEnd()).join('\n');
}

/** The cost of the limit is the mean of its two runs. */
function ratioOf({ asMultiple }: Line, of: keyof Cost, { limit, again, ours }: Round): number {
  const part = (limit[of] + again[of]) / 2 / ours[of];
  return asMultiple ? 1 / part : part;
}

function verdictOf({ floor, aim, asMultiple }: Line, { median }: Spread): string {
  if (floor === undefined || aim === undefined) return 'info';
  const reaches = (mark: number) => (asMultiple ? median <= mark : median >= mark);
  if (reaches(aim)) return 'ok';
  return reaches(floor) ? 'below aim' : 'below floor';
}

function shown(value: number, { asMultiple }: Line): string {
  return `${value.toFixed(2)}${asMultiple ? 'x' : ''}`;
}

/** For CPU time, the part of Postgres is shown, too, including Kafka and Redis where both sides use them. */
function costOf({ of }: Line, rounds: readonly Round[], side: keyof Round): string {
  const medianOf = (cost: keyof Cost) => spreadOf(rounds.map((round) => round[side][cost])).median;
  if (of === 'memory') return `${(medianOf(of) / 1_048_576).toFixed(0)} MiB`;
  if (of !== 'cpu') return inMicroseconds(medianOf(of));
  return `${inMicroseconds(medianOf(of))} (${inMicroseconds(medianOf('shared'))})`;
}

function inMicroseconds(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0);
}
