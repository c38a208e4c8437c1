import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { packageRoot } from '#database';

/** A message from a side to its parent process. */
export interface SideMessage {
  readonly url?: string;
  readonly cpu?: number;
  readonly done?: boolean;
}

/** A request of the parent process to a side: report its CPU time so far, or run this number of operations. */
export type SideRequest = { readonly ask: 'cpu' } | { readonly ask: 'run'; readonly operations: number };

export interface SideProcess {
  /** Its base URL, if it is a server. */
  readonly url: string;
  /** CPU time of all its threads so far, in microseconds. */
  cpu(): Promise<number>;
  run(operations: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the entry point of a side, a file in `folder`, from the build, and waits until it is ready. */
export async function startSide(
  entry: string,
  settings: Record<string, string>,
  folder = 'sides',
): Promise<SideProcess> {
  const { PATH = '', HOME = '', BENCH_NODE_FLAGS = '' } = process.env;
  const child = fork(join(packageRoot(), `dist/test/bench/${folder}/${entry}.js`), {
    env: { PATH, HOME, LOG_LEVEL: 'warn', ...settings },
    // Node flags for profiling: BENCH_NODE_FLAGS="--cpu-prof --cpu-prof-dir=profiles".
    execArgv: BENCH_NODE_FLAGS.split(' ').filter(Boolean),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  const nextMessage = async (): Promise<SideMessage> => {
    const [message] = (await Promise.race([once(child, 'message'), ended.then(() => [undefined])])) as [
      SideMessage | undefined,
    ];
    if (!message) throw new Error(`The side ${entry} has ended.`);
    return message;
  };
  const ask = (request: SideRequest) => {
    const answer = nextMessage();
    child.send(request);
    return answer;
  };
  const { url = '' } = await nextMessage();
  return {
    url,
    cpu: async () => (await ask({ ask: 'cpu' })).cpu ?? 0,
    run: async (operations) => void (await ask({ ask: 'run', operations })),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
