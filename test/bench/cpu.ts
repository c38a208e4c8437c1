import { existsSync, readFileSync, readdirSync } from 'node:fs';

/** Linux tells these times in hundredths of a second on every platform that Node runs on. */
const MICROSECONDS_PER_TICK = 10_000;

/** Throws where the system does not tell what Postgres uses: half of the truth would be no figure. */
export function assertCpuIsTold(): void {
  if (existsSync('/proc/self/schedstat')) return;
  throw new Error('npm run bench needs Linux: the CPU time of Postgres is read from /proc, and there is none here.');
}

/**
 * Microseconds that a postmaster and all its children have used, the dead ones too. Those who live are asked for their
 * exact time: with ticks, each of many backends would lose up to a hundredth of a second per round.
 */
export function cpuOfPostgres(postmaster: number): number {
  const pids = [postmaster, ...childrenOf(postmaster)];
  const living = pids.reduce((sum, pid) => sum + exactTime(String(pid)), 0);
  return living + ticksOf(postmaster).dead * MICROSECONDS_PER_TICK;
}

/** Microseconds that a process with many threads has used, to a tick. */
export function cpuOfProcess(pid: number): number {
  return ticksOf(pid).own * MICROSECONDS_PER_TICK;
}

/** Microseconds that the threads of a process have used, exactly: those that live. */
export function cpuOfThreads(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, thread) => sum + exactTime(`${pid}/task/${thread}`), 0);
}

/** Bytes of memory that a process holds now. */
export function memoryOf(pid: number): number {
  const [, kibibytes = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1_024;
}

function childrenOf(pid: number): number[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return all.map(Number).filter((each) => fieldsOf(each)[1] === String(pid));
}

/** Of one thread, or of a process that has one, as all of Postgres' do. */
function exactTime(task: string): number {
  return Number(read(`/proc/${task}/schedstat`).split(' ')[0]) / 1_000;
}

function ticksOf(pid: number): { readonly own: number; readonly dead: number } {
  const fields = fieldsOf(pid);
  const [user = 0, system = 0, deadUser = 0, deadSystem = 0] = fields.slice(11, 15).map(Number);
  return { own: user + system, dead: deadUser + deadSystem };
}

/** From the third on: the name, which is the second, may hold spaces. */
function fieldsOf(pid: number): string[] {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** A process may end between being listed and being read; what it used is then in its parent's sum. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
