import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

const units: Readonly<Record<string, number>> = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 };

/** The memory that containers use now, in bytes, by name, as reported by Docker. */
export async function memoryOfContainers(ids: readonly string[]): Promise<Map<string, number>> {
  const { stdout } = await run('docker', ['stats', '--no-stream', '--format', '{{.Name}} {{.MemUsage}}', ...ids]);
  return new Map(
    stdout
      .trim()
      .split('\n')
      .map((line) => {
        const [, name = line, amount = '0', unit = 'B'] = /^(\S+) ([\d.]+)(\w+)/.exec(line) ?? [];
        return [name, Number(amount) * (units[unit] ?? 1)];
      }),
  );
}

/** The process id on this machine of what a container runs. */
export async function pidOfContainer(id: string): Promise<number> {
  const { stdout } = await run('docker', ['inspect', '-f', '{{.State.Pid}}', id]);
  return Number(stdout);
}
