import type { Arena } from '../arena.js';
import { makeWritersOf, type Writer } from '../people.js';
import { BufferCounter, type Reading } from './buffers.js';
import { readers, seed } from './seed.js';
import { type MeasuredRoute, person, routes } from './routes.js';

/** Per tenfold of the data: the level that an index grows by, and a row of its own for each one that is shown. */
const MAX_GROWTH = 2;
const MAX_GROWTH_PER_ROW = 2;

const HEAD = ['route', 'rows'] as const;

/** Seeds a database of each size, and counts the buffers that each route reads in it. Returns the table. */
export async function growth(arena: Arena, sizes: readonly number[]): Promise<string> {
  const names = ['many', 'few'] as const;
  const { writers, publicKey } = await makeWritersOf(names.map((name) => person(readers[name])));
  const tokens = new Map(names.map((name, index) => [name, writers[index]]));
  const columns: Map<string, Reading>[] = [];
  for (const size of sizes) columns.push(await measureSize(arena, size, publicKey, tokens));
  const lines = routes(1).map(({ name }) => lineOf(name, columns));
  const head = [
    ...HEAD,
    ...sizes.map((size) => `${size.toLocaleString('en')} posts`),
    'per tenfold',
    'allowed',
    'verdict',
  ];
  return `${tableOf([head, ...lines])}\n${LEGEND}`;
}

async function measureSize(
  arena: Arena,
  posts: number,
  publicKey: string,
  tokens: ReadonlyMap<string, Writer | undefined>,
): Promise<Map<string, Reading>> {
  const begun = performance.now();
  process.stderr.write(`${posts.toLocaleString('en')} posts: seeding … `);
  const database = await arena.database(['auth', 'users', 'posts', 'notifications']);
  await seed(database, posts);
  process.stderr.write(`${Math.round((performance.now() - begun) / 1_000)} s, reading …\n`);
  const counter = await BufferCounter.start(database, publicKey);
  try {
    const readings = new Map<string, Reading>();
    for (const each of routes(posts)) {
      const reading = await readRoute(counter, each, tokens);
      if (reading) readings.set(each.name, reading);
    }
    return readings;
  } finally {
    await counter.stop();
  }
}

/** The median of the samples; undefined if the route gives no answer within its bounds. */
async function readRoute(
  counter: BufferCounter,
  { name, paths, reader }: MeasuredRoute,
  tokens: ReadonlyMap<string, Writer | undefined>,
): Promise<Reading | undefined> {
  const token = reader && tokens.get(reader)?.token;
  try {
    // The first request prepares statements and fills what the process remembers, such as accounts.
    await counter.read(paths[0] ?? '', token);
    const readings: Reading[] = [];
    for (const path of paths) readings.push(await counter.read(path, token));
    return readings.toSorted((one, other) => one.buffers - other.buffers)[Math.trunc(readings.length / 2)];
  } catch (error) {
    process.stderr.write(`${name}: ${(error as Error).message}\n`);
    return undefined;
  }
}

function lineOf(name: string, columns: readonly ReadonlyMap<string, Reading>[]): string[] {
  const readings = columns.map((column) => column.get(name));
  const rows = Math.max(...readings.map((reading) => reading?.rows ?? 0));
  const allowed = MAX_GROWTH + MAX_GROWTH_PER_ROW * rows;
  const grown = Math.max(
    0,
    ...readings.slice(1).map((reading, index) => (reading?.buffers ?? Infinity) - (readings[index]?.buffers ?? 0)),
  );
  return [
    name,
    String(rows),
    ...readings.map((reading) => reading?.buffers.toLocaleString('en') ?? 'no answer'),
    grown === Infinity ? '–' : `+${grown.toLocaleString('en')}`,
    `+${allowed}`,
    grown <= allowed ? 'ok' : 'above',
  ];
}

function tableOf(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const LEGEND = `
Pages of 8 KiB that the SQL statements of one request read, from memory or disk: EXPLAIN (ANALYZE, BUFFERS) of the statements that
the services have sent, without a cache. With n posts there are n / 10 authors, n follows, n likes, n notifications and n / 2 comments.
"per tenfold" is the largest growth from one size to the next; "allowed" is ${MAX_GROWTH}, and ${MAX_GROWTH_PER_ROW} for each row that is shown.
`;
