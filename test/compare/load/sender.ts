/**
 * Sends a load from a process of its own, which shares no event loop with anything: forked by `Sender`. Each message is a
 * load, and is answered with its result.
 */
import { once } from 'node:events';
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { closedLoop, type ClosedLoopResult } from '../../support/load/closed-loop.js';
import { openLoop, type OpenLoopResult } from '../../support/load/open-loop.js';
import { type Field, operations, requests } from './mix.js';

export interface Load extends Work {
  /** Requests per second. */
  readonly rate: number;
}

/** As much as so many clients can send, each of which waits for its answers. */
export interface FullLoad extends Work {
  readonly clients: number;
}

interface Work {
  readonly field: Field;
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

  /** Runs `work` with a sender, and stops it then. */
  static async with<T>(work: (sender: Sender) => Promise<T>): Promise<T> {
    const sender = new Sender();
    try {
      return await work(sender);
    } finally {
      await sender.stop();
    }
  }

  send(load: Load): Promise<OpenLoopResult> {
    return this.ask<OpenLoopResult>(load);
  }

  sendAll(load: FullLoad): Promise<ClosedLoopResult> {
    return this.ask<ClosedLoopResult>(load);
  }

  private async ask<T>(load: Load | FullLoad): Promise<T> {
    const answered = once(this.child, 'message');
    this.child.send(load);
    const result = await Promise.race([answered, this.ended.then(() => undefined)]);
    if (!result) throw new Error('The sender ended without a result.');
    return (result as [T])[0];
  }

  private async stop(): Promise<void> {
    this.child.disconnect();
    await this.ended;
  }
}

if (process.argv[2] === 'send')
  process.on('message', (load: Load | FullLoad) => void work(load).then((result) => process.send?.(result)));

function work(load: Load | FullLoad): Promise<OpenLoopResult | ClosedLoopResult> {
  const { field, seconds, seed, only } = load;
  const chosen = only === 'reads' ? operations.filter(({ isRead }) => isRead).map(({ name }) => name) : only;
  const next = requests(field, seed, ({ name }) => chosen?.includes(name) ?? true);
  return 'rate' in load ? openLoop(next, load.rate, seconds) : closedLoop(next, load.clients, seconds);
}
