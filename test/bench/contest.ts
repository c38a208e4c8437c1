import { quantile } from './statistics/statistics.js';

/** One side of a comparison. */
export interface Side {
  /** Restores the same state before every round. Not measured. */
  reset?(): Promise<void>;
  run(operations: number): Promise<void>;
  /** Microseconds of CPU that its own processes have used so far. */
  cpu(): Promise<number>;
  /** Bytes, for a side whose memory is compared. */
  memory?(): number;
  /** Milliseconds that each operation of the last run took, for a side that is compared by them. */
  latencies?(): readonly number[];
  stop(): Promise<void>;
}

export interface Contest {
  readonly limit: Side;
  readonly ours: Side;
}

/** The cost of one operation in one round of a side, in microseconds; its memory in bytes. */
export interface Cost {
  readonly cpu: number;
  /** The part of `cpu` that Postgres took, and Kafka or Redis where both sides use it. */
  readonly shared: number;
  readonly wall: number;
  /** Median and 99th percentile of the latencies, in microseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly memory: number;
}

/** The limit runs twice in each round, so that it can be compared with itself. */
export interface Round {
  readonly limit: Cost;
  readonly again: Cost;
  readonly ours: Cost;
}

export interface CompareOptions {
  readonly operations: number;
  readonly rounds: number;
  /** CPU time of what the sides share, and how to let it settle before a run. */
  readonly shared: { cpu(): number; settle(): Promise<void> };
}

const WARM_UPS = 4;

/** Runs the sides in turn; the order rotates from round to round. */
export async function compare({ limit, ours }: Contest, options: CompareOptions): Promise<Round[]> {
  for (let number = 0; number < WARM_UPS; number++) for (const side of [limit, ours]) await turn(side, options);
  const rounds: Round[] = [];
  for (let number = 0; number < options.rounds; number++) {
    const costs = new Map<keyof Round, Cost>();
    const order = (['limit', 'ours', 'again'] as const).map((_, place, all) => all[(place + number) % 3] ?? 'limit');
    for (const name of order) costs.set(name, await turn(name === 'ours' ? ours : limit, options));
    rounds.push(Object.fromEntries(costs) as unknown as Round);
  }
  return rounds;
}

async function turn(side: Side, { operations, shared }: CompareOptions): Promise<Cost> {
  await side.reset?.();
  await shared.settle();
  const before = { own: await side.cpu(), shared: shared.cpu() };
  const begun = performance.now();
  await side.run(operations);
  const wall = (performance.now() - begun) * 1_000;
  const used = { own: (await side.cpu()) - before.own, shared: shared.cpu() - before.shared };
  const latencies = (side.latencies?.() ?? []).toSorted((one, other) => one - other);
  return {
    cpu: (used.own + used.shared) / operations,
    shared: used.shared / operations,
    wall: wall / operations,
    p50: quantile(latencies, 0.5) * 1_000,
    p99: quantile(latencies, 0.99) * 1_000,
    memory: side.memory?.() ?? 0,
  };
}
