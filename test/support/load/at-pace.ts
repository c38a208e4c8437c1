import { setTimeout as delay } from 'node:timers/promises';

/**
 * Begins `work` so many times, one every so many milliseconds, whether or not earlier ones are done; `due` is when it was its turn, as
 * performance.now(). Resolves with all results, in order.
 */
export function atPace<T>(
  { every, count }: { readonly every: number; readonly count: number },
  work: (number: number, due: number) => Promise<T>,
): Promise<T[]> {
  const begun = performance.now();
  return Promise.all(
    Array.from({ length: count }, async (_, number) => {
      const due = begun + number * every;
      await delay(Math.max(0, due - performance.now()));
      return work(number, due);
    }),
  );
}
