import { constants } from 'node:os';
import type { Progress } from './progress.js';

/** What closes the things that a start has opened so far, in the order of opening. */
export type Closers = (() => Promise<void> | void)[];

export interface SignalStop {
  /** From now on, a signal does this instead. */
  handOver(stop: () => Promise<void>): void;
  /** Pending for ever once a signal has come, else settled: what fails after the signal is not an error of the start. */
  unlessStopping(): Promise<void>;
}

type StopSignal = 'SIGTERM' | 'SIGINT';

/** A command that was broken off has not done its work: 130 after Ctrl-C, as shells say. */
export const interrupted = (signal: StopSignal): number => 128 + constants.signals[signal];

/**
 * On SIGTERM or SIGINT, ends the process, by default with code 0; during the start, after what is open has been closed, Postgres included.
 * The listener is never replaced: a signal that is caught while one listener is removed and another added reaches neither.
 */
export function stopOnSignal(
  closers: Closers,
  progress: Progress,
  codeOf: (signal: StopSignal) => number = () => 0,
): SignalStop {
  let stopping = false;
  let stop = async () => {
    progress.print('  stopping             closes what has been opened so far');
    for (const close of closers.toReversed()) await close();
  };
  const onSignal = (signal: StopSignal) => {
    if (stopping) return;
    stopping = true;
    stop().then(
      () => process.exit(codeOf(signal)),
      (error: unknown) => {
        process.stderr.write(`Shutdown failed: ${String((error as Error).stack)}\n`);
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => onSignal(signal));
  return {
    handOver: (next) => {
      stop = next;
    },
    unlessStopping: () => (stopping ? new Promise<never>(() => undefined) : Promise.resolve()),
  };
}
