import { stdout } from 'node:process';

const WIDTH = 30;

/** Prints the steps of a start on standard output, one line each. Not shown in production, where the log is used. */
export class Progress {
  constructor(private readonly shown: boolean) {}

  /** Runs a step and prints its name, its duration and the description of its result. */
  async step<T>(name: string, work: () => Promise<T>, describe: (result: T) => string): Promise<T> {
    const begun = performance.now();
    const result = await work();
    const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
    this.print(`  ${name.padEnd(12)} ${seconds.padStart(5)} s   ${describe(result)}`);
    return result;
  }

  print(line: string): void {
    if (this.shown) stdout.write(`${line}\n`);
  }

  /** A progress bar, advanced by each call of the returned function. Without a terminal, one line at its end. */
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
