import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What a request has cost, in milliseconds of CPU time. */
export interface Cost {
  /** Of the main thread, on which the event loop runs: all of it, in however many pieces. */
  readonly loop: number;
  /** Of all backends of the database. */
  readonly database: number;
}

/** CPU times of a process and of its database so far, as Linux counts them: other work on the machine is not in it. */
export class Costs {
  constructor(
    private readonly pid: number,
    private readonly postmaster: number,
  ) {}

  async of(work: () => Promise<void>): Promise<Cost> {
    const before = { loop: this.loop(), database: this.database() };
    await work();
    return { loop: this.loop() - before.loop, database: this.database() - before.database };
  }

  /** The most memory that the process has ever had, in MiB. */
  get peak(): number {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))?.[1]) / 1_024;
  }

  private loop(): number {
    const [running] = readFileSync(`/proc/${this.pid}/task/${this.pid}/schedstat`, 'utf8').split(' ');
    return Number(running) / 1e6;
  }

  private database(): number {
    const backends = execFileSync('pgrep', ['-P', String(this.postmaster)], { encoding: 'utf8' })
      .trim()
      .split('\n');
    return backends.reduce((sum, backend) => sum + cpuOf(backend), 0);
  }
}

function cpuOf(pid: string): number {
  try {
    const [running] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ');
    return Number(running) / 1e6;
  } catch {
    // It has just ended.
    return 0;
  }
}
