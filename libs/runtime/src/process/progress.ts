import { stdout } from 'node:process';

const WIDTH = 30;

/** Tells whoever started the process how the start goes, a line per step. Silent in production, where the log tells. */
export class Progress {
  constructor(private readonly shown: boolean) {}

  /** Runs a step and shows its name, its time, and what it says of itself. */
  async step<T>(name: string, work: () => Promise<T>, describe: (result: T) => string): Promise<T> {
    const begun = performance.now();
    const result = await work();
    const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
    this.say(`  ${name.padEnd(12)} ${seconds.padStart(5)} s   ${describe(result)}`);
    return result;
  }

  say(line: string): void {
    if (this.shown) stdout.write(`${line}\n`);
  }

  /** A bar that moves with each call of what it returns; where nobody watches, a line at its end. */
  bar(name: string, total: number): () => void {
    let done = 0;
    return () => {
      done++;
      if (!this.shown || (!stdout.isTTY && done < total)) return;
      const filled = Math.round((WIDTH * done) / Math.max(total, 1));
      const line = `  ${name.padEnd(12)} [${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${done}/${total}`;
      stdout.write(stdout.isTTY ? `\r${line}${done === total ? '\n' : ''}` : `${line}\n`);
    };
  }
}
