import { cpuOfPostgres, cpuOfProcess, cpuOfThreads, memoryOf, memoryOfPostgres } from '../../bench/cpu.js';
import { postmasterOf } from '../../support/database/postmaster.js';
import type { Containers } from '../../support/infrastructure/containers.js';
import type { PlatformProcess } from '../../support/platform/platform.js';
import { withClient } from './template.js';

export interface MeasuredCpu {
  readonly name: string;
  /** CPU time so far, in microseconds. */
  cpu(): number | Promise<number>;
}

/** What a subject consists of: a process of ours, a database, a broker. */
export interface Part extends MeasuredCpu {
  /** Bytes. */
  memory(): Promise<number>;
}

/** CPU time by part, in microseconds. */
export type CpuByPart = Readonly<Record<string, number>>;

export function processPart({ name, pid }: PlatformProcess): Part {
  return { name, cpu: () => cpuOfThreads(pid), memory: () => Promise.resolve(memoryOf(pid)) };
}

/** What is not ours, as its container is named. */
export const sharedParts = ['postgres', 'kafka', 'redis'] as const;
type SharedPart = (typeof sharedParts)[number];

/** The names of the parts that are processes of ours. */
export function ourParts(names: readonly string[]): string[] {
  return names.filter((name) => !sharedParts.some((shared) => shared === name));
}

/** Postgres, and for several processes Kafka and Redis. */
export async function containerParts(containers: Containers, names: readonly SharedPart[]): Promise<Part[]> {
  return Promise.all(
    names.map(async (name) => {
      const pid = await containers.pid(name);
      const cpu = () => (name === 'postgres' ? cpuOfPostgres(pid) : cpuOfProcess(pid));
      return { name, cpu, memory: () => containers.memory(name) };
    }),
  );
}

/** The Postgres that a monolith has started itself. */
export async function embeddedPart(url: string): Promise<Part> {
  const pid = await withClient(url, postmasterOf);
  return { name: 'postgres', cpu: () => cpuOfPostgres(pid), memory: () => Promise.resolve(memoryOfPostgres(pid)) };
}

/** What each part has used during `work`. */
export async function cpuDuring(parts: readonly MeasuredCpu[], work: () => Promise<void>): Promise<CpuByPart> {
  const soFar = () => Promise.all(parts.map(async (part) => part.cpu()));
  const before = await soFar();
  await work();
  const after = await soFar();
  return Object.fromEntries(parts.map(({ name }, index) => [name, (after[index] ?? 0) - (before[index] ?? 0)]));
}

/** The same of each of so many operations, or seconds. */
export function perOperation(cpu: CpuByPart, operations: number): CpuByPart {
  return Object.fromEntries(Object.entries(cpu).map(([name, used]) => [name, used / operations]));
}

export const sumOf = (byPart: CpuByPart) => Object.values(byPart).reduce((sum, each) => sum + each, 0);
