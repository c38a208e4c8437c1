/**
 * Sends a load from a process of its own, which shares no event loop with anything: forked by `Sender`. Each message is a
 * load, and is answered with its result.
 */
import { once } from 'node:events';
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { cpuOfThreads } from '../../bench/cpu.js';
import { openLoop, type OpenLoopResult } from '../../support/load/open-loop.js';
import { type Field, operations, requests } from './mix.js';

export interface Load {
  readonly field: Field;
  /** Requests per second. */
  readonly rate: number;
  readonly seconds: number;
  /** The same requests for the same number. */
  readonly seed: number;
  /** Only these operations, or only reads; all if absent. */
  readonly only?: readonly string[] | 'reads';
}

/** A process that sends loads, one after the other. */
export class Sender {
  private readonly child: ChildProcess = fork(fileURLToPath(import.meta.url), ['send']);
  private readonly ended = once(this.child, 'exit');

  async send(load: Load): Promise<OpenLoopResult> {
    const answered = once(this.child, 'message');
    this.child.send(load);
    const result = await Promise.race([answered, this.ended.then(() => undefined)]);
    if (!result) throw new Error('The sender ended without a result.');
    return (result as [OpenLoopResult])[0];
  }

  /** CPU time so far, in microseconds. */
  cpu(): number {
    return cpuOfThreads(this.child.pid ?? 0);
  }

  async stop(): Promise<void> {
    this.child.disconnect();
    await this.ended;
  }
}

if (process.argv[2] === 'send')
  process.on('message', ({ field, rate, seconds, seed, only }: Load) => {
    const chosen = only === 'reads' ? operations.filter(({ isRead }) => isRead).map(({ name }) => name) : only;
    const next = requests(field, seed, ({ name }) => chosen?.includes(name) ?? true);
    void openLoop(next, rate, seconds).then((result) => process.send?.(result));
  });
