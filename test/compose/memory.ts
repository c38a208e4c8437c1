import { memoryOfContainers } from '../support/infrastructure/container-stats.js';
import { docker } from './compose.js';

/** The memory that the containers of a project use now, in bytes, by service, as reported by Docker. */
export async function memoryOf(project: string): Promise<Map<string, number>> {
  const ids = (await docker('ps', '-q', '--filter', `label=com.docker.compose.project=${project}`)).trim().split('\n');
  const memory = await memoryOfContainers(ids);
  return new Map([...memory].map(([name, bytes]) => [name.replace(`${project}-`, ''), bytes]));
}

export function tableOf(memory: ReadonlyMap<string, number>): string {
  const mebibytes = (bytes: number) => `${Math.round(bytes / 1_048_576)} MiB`.padStart(9);
  const rows = [...memory]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, bytes]) => `  ${name.padEnd(20)}${mebibytes(bytes)}`);
  const total = [...memory.values()].reduce((sum, bytes) => sum + bytes, 0);
  return [...rows, `  ${'total'.padEnd(20)}${mebibytes(total)}`, ''].join('\n');
}
