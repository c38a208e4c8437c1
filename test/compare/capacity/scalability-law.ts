/** Throughput at a number of clients. */
export interface Point {
  readonly clients: number;
  /** Operations per second. */
  readonly throughput: number;
}

/** How throughput grows with clients: X(n) = λn ÷ (1 + σ(n − 1) + κn(n − 1)). */
export interface ScalabilityLaw {
  /** λ: operations per second of one client alone. */
  readonly alone: number;
  /** σ, from 0 to 1: the part of the work that only one can do at a time. */
  readonly contention: number;
  /** κ: what each pair of clients costs the other, such as the state that they have to agree on. */
  readonly coherency: number;
}

/**
 * Fits the Universal Scalability Law to measured points, among them one client alone, by the method of N. Gunther, "Guerrilla
 * Capacity Planning" (2007), chapter 5: with C = X(n) ÷ X(1), (n ÷ C − 1) ÷ (n − 1) is the line σ + κn, by least squares. Neither is
 * less than 0: one that would be is 0, and the other is fitted alone.
 */
export function fit(points: readonly Point[]): ScalabilityLaw {
  const alone = points.find(({ clients }) => clients === 1)?.throughput;
  if (!alone) throw new Error('The law needs the throughput of one client.');
  const line = points
    .filter(({ clients }) => clients > 1)
    .map(({ clients: n, throughput }) => ({ n, y: ((n * alone) / throughput - 1) / (n - 1) }));
  if (line.length < 2) throw new Error('The law needs at least two points beside that of one client.');
  const mean = (of: (each: { n: number; y: number }) => number) =>
    line.reduce((sum, each) => sum + of(each), 0) / line.length;
  const [n, y] = [mean((each) => each.n), mean((each) => each.y)];
  const slope = mean((each) => (each.n - n) * (each.y - y)) / mean((each) => (each.n - n) ** 2);
  const start = y - slope * n;
  if (slope < 0) return { alone, contention: Math.max(0, y), coherency: 0 };
  if (start < 0)
    return {
      alone,
      contention: 0,
      coherency: Math.max(0, mean((each) => each.n * each.y) / mean((each) => each.n ** 2)),
    };
  return { alone, contention: start, coherency: slope };
}

export function throughputAt({ alone, contention, coherency }: ScalabilityLaw, clients: number): number {
  return (alone * clients) / (1 + contention * (clients - 1) + coherency * clients * (clients - 1));
}

/** The number of clients with the highest throughput; infinite without coherency costs. */
export function peakOf({ contention, coherency }: ScalabilityLaw): number {
  return coherency === 0 ? Number.POSITIVE_INFINITY : Math.max(1, Math.sqrt((1 - contention) / coherency));
}
