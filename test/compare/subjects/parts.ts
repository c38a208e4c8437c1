import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { cpuOfPostgres, cpuOfProcess, cpuOfThreads, memoryOf, memoryOfPostgres } from '../../bench/cpu.js';
import type { Containers } from '../../support/infrastructure/containers.js';
import type { PlatformProcess } from '../../support/platform/platform.js';
import { withClient } from './template.js';

const run = promisify(execFile);

/** What a subject consists of: a process of ours, a database, a broker. */
export interface Part {
  readonly name: string;
  /** CPU time so far, in microseconds. */
  cpu(): number;
  /** Bytes. */
  memory(): Promise<number>;
}

/** CPU time by part, in microseconds. */
export type CpuByPart = Readonly<Record<string, number>>;

export function processPart({ name, pid }: PlatformProcess): Part {
  return { name, cpu: () => cpuOfThreads(pid), memory: () => Promise.resolve(memoryOf(pid)) };
}

/** Postgres, and for several processes Kafka and Redis. */
export async function containerParts(
  containers: Containers,
  names: readonly ('postgres' | 'kafka' | 'redis')[],
): Promise<Part[]> {
  return Promise.all(
    names.map(async (name) => {
      const pid = await containers.pid(name);
      const cpu = () => (name === 'postgres' ? cpuOfPostgres(pid) : cpuOfProcess(pid));
      return { name, cpu, memory: () => memoryOfContainer(containers.id(name)) };
    }),
  );
}

/** The Postgres that a monolith has started itself. */
export async function embeddedPart(url: string): Promise<Part> {
  const { rows } = await withClient(url, (client) =>
    client.query<{ file: string }>(`select pg_read_file('postmaster.pid') as file`),
  );
  const pid = Number.parseInt(rows[0]?.file ?? '', 10);
  return { name: 'postgres', cpu: () => cpuOfPostgres(pid), memory: () => Promise.resolve(memoryOfPostgres(pid)) };
}

/** What each part has used during `work`. */
export async function cpuDuring(parts: readonly Part[], work: () => Promise<void>): Promise<CpuByPart> {
  const before = parts.map((part) => part.cpu());
  await work();
  return Object.fromEntries(parts.map((part, index) => [part.name, part.cpu() - (before[index] ?? 0)]));
}

export const sumOf = (byPart: CpuByPart) => Object.values(byPart).reduce((sum, each) => sum + each, 0);

const units: Readonly<Record<string, number>> = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 };

async function memoryOfContainer(id: string): Promise<number> {
  const { stdout } = await run('docker', ['stats', '--no-stream', '--format', '{{.MemUsage}}', id]);
  const [, amount = '0', unit = 'B'] = /^([\d.]+)(\w+)/.exec(stdout) ?? [];
  return Number(amount) * (units[unit] ?? 1);
}
