import type { SideRequest, SideMessage } from '../../side-process.js';

const send = (message: SideMessage) => process.send?.(message);

/**
 * Reports to the parent process that this side is ready, and answers its requests. `run` executes this number of
 * operations.
 */
export function answerParent(url: string, run?: (operations: number) => Promise<void>): void {
  process.on('message', (request: SideRequest) => {
    if (request.ask === 'cpu') send({ cpu: cpuUsed() });
    else void run?.(request.operations).then(() => send({ done: true }));
  });
  // Ends when the parent process has ended.
  process.on('disconnect', () => process.exit(1));
  send({ url });
}

/** Ends on SIGTERM like a service, so that a profiler writes its results. */
export function endOnSignal(close: () => Promise<unknown>): void {
  process.on('SIGTERM', () => void close().finally(() => process.exit(0)));
}

function cpuUsed(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
