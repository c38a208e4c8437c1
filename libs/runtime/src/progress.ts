import { stdout } from 'node:process';

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
}
