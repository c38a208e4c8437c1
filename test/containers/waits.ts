import { existsSync, readFileSync } from 'node:fs';

export interface Wait {
  readonly what: string;
  readonly milliseconds: number;
}

/** The waits that test/support/eventually.ts has recorded. */
export function waitsIn(path: string): Wait[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Wait);
}

/** A table with one line per awaited condition: number of waits, median and longest duration. */
export function tableOfWaits(waits: readonly Wait[]): string {
  const groups = [...Map.groupBy(waits, ({ what }) => what)].map(([what, group]) => {
    const sorted = group.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
    return {
      what,
      times: sorted.length,
      median: sorted[Math.floor(sorted.length / 2)] ?? 0,
      longest: sorted.at(-1) ?? 0,
    };
  });
  const rows = groups
    .toSorted((a, b) => b.longest - a.longest)
    .map(({ what, times, median, longest }) =>
      [String(times).padStart(5), `${median} ms`.padStart(9), `${longest} ms`.padStart(9), ` ${what}`].join(' '),
    );
  return ['waits  median   longest  for', ...rows, ''].join('\n');
}
