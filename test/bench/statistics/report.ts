import type { Cost, Round } from '../contest.js';
import type { Figure, Line } from './figures.js';
import { type Spread, spreadOf } from './statistics.js';

/** How far the ratio of the limit to itself may be from 1; beyond that the figure is marked as noisy. */
const NOISE = 0.1;
/** The same for a difference of memory, in MiB. */
const NOISE_MIB = 4;
const MIB = 1_048_576;

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
  const compared = spreadOf(rounds.map((round) => oursToLimit(line, line.of, round)));
  const wall = spreadOf(rounds.map((round) => oursToLimit(line, 'wall', round)));
  const itself = spreadOf(rounds.map(({ limit, again }) => compare(line, again[line.of], limit[line.of])));
  return [
    line.name,
    shown(compared.median, line),
    `[${shown(compared.low, line)} – ${shown(compared.high, line)}]`,
    line.of === 'cpu' ? shown(wall.median, line) : '',
    line.floor === undefined ? '' : shown(line.floor, line),
    line.aim === undefined ? '' : shown(line.aim, line),
    line.as === 'difference' ? shown(itself.median, line) : itself.median.toFixed(2),
    costOf(line, rounds, 'limit'),
    costOf(line, rounds, 'ours'),
    `${verdictOf(line, compared)}${isNoisy(line, itself) ? ', noisy' : ''}`,
  ];
}

export function table(rows: readonly (readonly string[])[]): string {
  const all = [HEAD, ...rows];
  const widths = HEAD.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const padded = all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return padded.map((line) => line.trimEnd()).join('\n');
}

/** What each side of these figures does, to be printed below their table. */
export function legendOf(figures: readonly Figure[]): string {
  const lines = figures.flatMap(({ lines: [line], sides }) =>
    line && sides ? [line.name, `  limit  ${sides.limit}`, `  ours   ${sides.ours}`] : [],
  );
  return `\nWhat each side does for one operation:\n${lines.join('\n')}\n`;
}

/** The cost of the limit is the mean of its two runs. */
function oursToLimit(line: Line, of: keyof Cost, { limit, again, ours }: Round): number {
  return compare(line, ours[of], (limit[of] + again[of]) / 2);
}

function compare({ as }: Line, ours: number, limit: number): number {
  if (as === 'difference') return (ours - limit) / MIB;
  return as === 'multiple' ? ours / limit : limit / ours;
}

function isNoisy({ as }: Line, { median }: Spread): boolean {
  return as === 'difference' ? Math.abs(median) > NOISE_MIB : Math.abs(median - 1) > NOISE;
}

function verdictOf({ floor, aim, as }: Line, { median }: Spread): string {
  if (floor === undefined || aim === undefined) return 'info';
  const reaches = (mark: number) => (as ? median <= mark : median >= mark);
  if (reaches(aim)) return 'ok';
  return reaches(floor) ? 'below aim' : 'below floor';
}

function shown(value: number, { as }: Line): string {
  if (as === 'difference') return `${value < 0 ? '' : '+'}${value.toFixed(1)} MiB`;
  return `${value.toFixed(2)}${as === 'multiple' ? 'x' : ''}`;
}

/** For CPU time, the part of Postgres is shown, too, including Kafka and Redis where both sides use them. */
function costOf({ of }: Line, rounds: readonly Round[], side: keyof Round): string {
  const medianOf = (cost: keyof Cost) => spreadOf(rounds.map((round) => round[side][cost])).median;
  if (of === 'memory') return `${(medianOf(of) / MIB).toFixed(0)} MiB`;
  if (of !== 'cpu') return inMicroseconds(medianOf(of));
  return `${inMicroseconds(medianOf(of))} (${inMicroseconds(medianOf('shared'))})`;
}

function inMicroseconds(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0);
}
