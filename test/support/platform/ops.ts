import { beginMonolith, runToEnd } from './monolith.js';

const OPS = 'dist/apps/ops/src/main.js';

/**
 * Runs the ops command line on a platform, which is given by its data folder or by settings. Returns the exit code, and
 * the output on stdout and stderr.
 */
export async function runOps(
  where: string | Record<string, string>,
  ...parameters: string[]
): Promise<{ code: number | string; output: string }> {
  const settings = typeof where === 'string' ? { DATA_DIR: where } : where;
  return runToEnd(settings, OPS, parameters);
}

/** Begins to run a command, for tests that break it off. */
export function beginOps(dataFolder: string, ...parameters: string[]) {
  return beginMonolith({ DATA_DIR: dataFolder }, OPS, parameters);
}

/** Runs a command with `--json`. Throws if it fails, and returns the parsed output otherwise. */
export async function askOps<T>(where: string | Record<string, string>, ...parameters: string[]): Promise<T> {
  const { code, output } = await runOps(where, ...parameters, '--json');
  if (code !== 0) throw new Error(`ops ${parameters.join(' ')} ended with ${code}: ${output}`);
  return JSON.parse(output) as T;
}
