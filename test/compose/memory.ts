import { docker } from './compose.js';

const units: Record<string, number> = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 };

/** The memory that the containers of a project use now, in bytes, by service, as reported by Docker. */
export async function memoryOf(project: string): Promise<Map<string, number>> {
  const ids = (await docker('ps', '-q', '--filter', `label=com.docker.compose.project=${project}`)).trim().split('\n');
  const stats = await docker('stats', '--no-stream', '--format', '{{.Name}} {{.MemUsage}}', ...ids);
  return new Map(
    stats
      .trim()
      .split('\n')
      .map((line) => {
        const [, name = line, amount = '0', unit = 'B'] = /^(\S+) ([\d.]+)(\w+)/.exec(line) ?? [];
        return [name.replace(`${project}-`, ''), Number(amount) * (units[unit] ?? 1)];
      }),
  );
}

export function tableOf(memory: ReadonlyMap<string, number>): string {
  const mebibytes = (bytes: number) => `${Math.round(bytes / 1_048_576)} MiB`.padStart(9);
  const rows = [...memory]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, bytes]) => `  ${name.padEnd(20)}${mebibytes(bytes)}`);
  const total = [...memory.values()].reduce((sum, bytes) => sum + bytes, 0);
  return [...rows, `  ${'total'.padEnd(20)}${mebibytes(total)}`, ''].join('\n');
}
