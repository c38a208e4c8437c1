import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { packageRoot } from '#database';

const run = promisify(execFile);

/** A Docker Compose project with its own name and settings. */
export class Compose {
  constructor(
    private readonly project: string,
    private readonly settings: Record<string, string>,
    private readonly files: readonly string[] = ['docker-compose.yml'],
  ) {}

  /** Runs `docker compose …` and returns what it wrote to stdout. Throws with its whole output if it fails. */
  async do(...parameters: string[]): Promise<string> {
    const all = ['compose', ...this.files.flatMap((file) => ['-f', file]), '-p', this.project, ...parameters];
    try {
      const { stdout } = await run('docker', all, {
        cwd: packageRoot(),
        env: { ...process.env, ...this.settings },
        maxBuffer: 64 * 1_048_576,
      });
      return stdout;
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      throw new Error(`docker ${all.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
    }
  }

  /** The ids of a service's containers. */
  async replicasOf(service: string): Promise<string[]> {
    return (await this.do('ps', '-q', service)).trim().split('\n').filter(Boolean);
  }

  async end(): Promise<void> {
    await this.do('--profile', 'ops', 'down', '--volumes', '--timeout', '20', '--remove-orphans');
  }
}

export async function docker(...parameters: string[]): Promise<string> {
  return (await run('docker', parameters)).stdout;
}
