import type { Asked, Told } from '../side-process.js';

const tell = (told: Told) => process.send?.(told);

/** Says that this side is ready, and from then on answers what the parent asks. `run` does so many operations. */
export function answerParent(url: string, run?: (operations: number) => Promise<void>): void {
  process.on('message', (asked: Asked) => {
    if (asked.ask === 'cpu') tell({ cpu: cpuUsed() });
    else void run?.(asked.operations).then(() => tell({ done: true }));
  });
  // An orphan must not go on.
  process.on('disconnect', () => process.exit(1));
  tell({ url });
}

/** Ends like a service does, so that a profiler writes what it has. */
export function endOnSignal(close: () => Promise<unknown>): void {
  process.on('SIGTERM', () => void close().finally(() => process.exit(0)));
}

function cpuUsed(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
