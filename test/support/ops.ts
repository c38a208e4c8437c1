import { runToEnd } from './monolith.js';

/** Runs the operators' command line on the platform of a data folder. Returns what it wrote, on either stream. */
export async function runOps(
  dataFolder: string,
  ...parameters: string[]
): Promise<{ code: number | string; output: string }> {
  return runToEnd({ DATA_DIR: dataFolder }, 'dist/apps/ops/src/main.js', parameters);
}

/** The same for a command that must succeed, and answers in JSON. */
export async function askOps<T>(dataFolder: string, ...parameters: string[]): Promise<T> {
  const { code, output } = await runOps(dataFolder, ...parameters, '--json');
  if (code !== 0) throw new Error(`ops ${parameters.join(' ')} ended with ${code}: ${output}`);
  return JSON.parse(output) as T;
}
