import type { Progress } from './progress.js';

/** What closes the things that a start has opened so far, in the order of opening. */
export type Closers = (() => Promise<void> | void)[];

export interface EarlyStop {
  /** From now on, a signal is somebody else's. */
  end(): void;
  /** Pending for ever once a signal has come, else settled: what fails after the signal is not an error of the start. */
  unlessStopping(): Promise<void>;
}

/** On a signal during the start, closes what is open, Postgres included, and ends the process with code 0. */
export function stopEarlyOnSignal(closers: Closers, progress: Progress): EarlyStop {
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    progress.print('  stopping             closes what has been opened so far');
    for (const close of closers.toReversed()) await close();
    process.exit(0);
  };
  const onSignal = () => {
    stop().catch((error: unknown) => {
      process.stderr.write(`Shutdown failed: ${String((error as Error).stack)}\n`);
      process.exit(1);
    });
  };
  const signals = ['SIGTERM', 'SIGINT'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    end: () => signals.forEach((signal) => process.off(signal, onSignal)),
    unlessStopping: () => (stopping ? new Promise<never>(() => undefined) : Promise.resolve()),
  };
}
