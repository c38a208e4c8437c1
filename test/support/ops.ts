import { runToEnd } from './monolith.js';

/**
 * Runs the operators' command line on a platform: that of a data folder, or that which the settings lead to. Returns
 * what it wrote, on either stream.
 */
export async function runOps(
  where: string | Record<string, string>,
  ...parameters: string[]
): Promise<{ code: number | string; output: string }> {
  const settings = typeof where === 'string' ? { DATA_DIR: where } : where;
  return runToEnd(settings, 'dist/apps/ops/src/main.js', parameters);
}

/** The same for a command that must succeed, and answers in JSON. */
export async function askOps<T>(where: string | Record<string, string>, ...parameters: string[]): Promise<T> {
  const { code, output } = await runOps(where, ...parameters, '--json');
  if (code !== 0) throw new Error(`ops ${parameters.join(' ')} ended with ${code}: ${output}`);
  return JSON.parse(output) as T;
}
