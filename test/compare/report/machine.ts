import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, totalmem, release, type as system } from 'node:os';

/** Where and when a report was made. */
export interface Machine {
  readonly date: string;
  readonly commit: string;
  readonly processors: number;
  readonly processor: string;
  readonly memory: number;
  readonly system: string;
  readonly node: string;
}

export function thisMachine(): Machine {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  return {
    date: new Date().toISOString().slice(0, 10),
    commit,
    processors: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    memory: totalmem(),
    system: `${system()} ${release()}`,
    node: process.version,
  };
}
