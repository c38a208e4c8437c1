import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** CPU time of a request, in milliseconds. */
export interface Cost {
  /** Of the main thread, which runs the event loop: the sum of all its time slices. */
  readonly loop: number;
  /** Of all Postgres backends. */
  readonly database: number;
}

/** Measures the CPU time of a process and of its Postgres from /proc: other load on the machine is not included. */
export class Costs {
  constructor(
    private readonly pid: number,
    private readonly postmaster: number,
  ) {}

  async measure(work: () => Promise<void>): Promise<Cost> {
    const before = { loop: this.loop(), database: this.database() };
    await work();
    return { loop: this.loop() - before.loop, database: this.database() - before.database };
  }

  /** Peak resident memory of the process, in MiB. */
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
    // The backend has just ended.
    return 0;
  }
}
