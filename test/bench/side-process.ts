import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { packageRoot } from '#database';

/** What a side tells its parent. */
export interface Told {
  readonly url?: string;
  readonly cpu?: number;
  readonly done?: boolean;
}

/** What the parent asks of a side: its CPU time so far, or so many of its operations. */
export type Asked = { readonly ask: 'cpu' } | { readonly ask: 'run'; readonly operations: number };

export interface SideProcess {
  /** Where it answers, if it is a server. */
  readonly url: string;
  /** Microseconds of CPU that it has used, all threads. */
  cpu(): Promise<number>;
  run(operations: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the entry point of a side, from the build, and waits until it is ready. */
export async function startSide(entry: string, settings: Record<string, string>): Promise<SideProcess> {
  const { PATH = '', HOME = '', BENCH_NODE_FLAGS = '' } = process.env;
  const child = fork(join(packageRoot(), `dist/test/bench/sides/${entry}.js`), {
    env: { PATH, HOME, LOG_LEVEL: 'warn', ...settings },
    // A way in for profilers: BENCH_NODE_FLAGS="--cpu-prof --cpu-prof-dir=profiles".
    execArgv: BENCH_NODE_FLAGS.split(' ').filter(Boolean),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  const hear = async (): Promise<Told> => {
    const [told] = (await Promise.race([once(child, 'message'), ended.then(() => [undefined])])) as [Told | undefined];
    if (!told) throw new Error(`The side ${entry} has ended.`);
    return told;
  };
  const ask = (asked: Asked) => {
    const answer = hear();
    child.send(asked);
    return answer;
  };
  const { url = '' } = await hear();
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
