import { existsSync, readFileSync, readdirSync } from 'node:fs';

/** Linux reports these times in hundredths of a second on every platform that Node supports. */
const MICROSECONDS_PER_TICK = 10_000;

/** Throws if the system does not report the CPU time of Postgres: a figure without it would be wrong. */
export function assertCpuTimeIsReadable(): void {
  if (existsSync('/proc/self/schedstat')) return;
  throw new Error('npm run bench needs Linux: the CPU time of Postgres is read from /proc, which does not exist here.');
}

/**
 * CPU time of a postmaster and all its children, also those that have ended, in microseconds. The exact time of living
 * processes is read: with ticks, each of many backends would lose up to a hundredth of a second per round.
 */
export function cpuOfPostgres(postmaster: number): number {
  const pids = [postmaster, ...childrenOf(postmaster)];
  const living = pids.reduce((sum, pid) => sum + exactTime(String(pid)), 0);
  return living + ticksOf(postmaster).dead * MICROSECONDS_PER_TICK;
}

/** CPU time of a process with many threads, in microseconds, with a resolution of one tick. */
export function cpuOfProcess(pid: number): number {
  return ticksOf(pid).own * MICROSECONDS_PER_TICK;
}

/** The exact CPU time of the living threads of a process, in microseconds. */
export function cpuOfThreads(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, thread) => sum + exactTime(`${pid}/task/${thread}`), 0);
}

/** Resident memory of a process, in bytes. */
export function memoryOf(pid: number): number {
  const [, kibibytes = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1_024;
}

/** Memory of a process and its children, in bytes; what they share is counted once. */
export function memoryOfPostgres(postmaster: number): number {
  const shares = [postmaster, ...childrenOf(postmaster)].map((pid) => {
    const [, kibibytes = '0'] = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`)) ?? [];
    return Number(kibibytes) * 1_024;
  });
  return shares.reduce((sum, each) => sum + each, 0);
}

function childrenOf(pid: number): number[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return all.map(Number).filter((each) => fieldsOf(each)[1] === String(pid));
}

/** The exact CPU time of one thread, or of a process with a single thread, as all processes of Postgres are. */
function exactTime(task: string): number {
  return Number(read(`/proc/${task}/schedstat`).split(' ')[0]) / 1_000;
}

function ticksOf(pid: number): { readonly own: number; readonly dead: number } {
  const fields = fieldsOf(pid);
  const [user = 0, system = 0, deadUser = 0, deadSystem = 0] = fields.slice(11, 15).map(Number);
  return { own: user + system, dead: deadUser + deadSystem };
}

/** The fields of /proc/PID/stat from the third on: the second, the name, may contain spaces. */
function fieldsOf(pid: number): string[] {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/**
 * Returns nothing if the process has ended since it was listed: its CPU time is then included in that of its parent.
 */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
