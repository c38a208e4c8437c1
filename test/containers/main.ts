/**
 * Everything that needs containers: the stories of test/behaviour in each topology, and what survives on real parts.
 * `npm run test:containers`, or with the name of a topology: `npm run test:containers -- services`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '#database';
import { Containers } from '../support/containers.js';
import type { Parts } from '../support/parts.js';
import { topologies, type Topology } from '../support/platform.js';
import { waitsIn, tableOfWaits } from './waits.js';

const asked = process.argv.slice(2);
const unknown = asked.filter((each) => !topologies.includes(each as Topology));
if (unknown.length > 0) throw new Error(`There is no ${unknown.join()}, only ${topologies.join(', ')}.`);

const containers = await Containers.start().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
const folder = mkdtempSync(join(tmpdir(), 'twofold-containers-'));
process.once('SIGINT', () => void containers.stop().finally(() => process.exit(130)));
process.once('SIGTERM', () => void containers.stop().finally(() => process.exit(143)));

const lines: string[] = [];
let failed = 0;
try {
  for (const topology of topologies.filter((each) => asked.length === 0 || asked.includes(each))) {
    const result = await tellStories(topology, containers.parts);
    failed += result.failed;
    lines.push(result.line);
  }
} finally {
  await containers.stop();
  rmSync(folder, { recursive: true });
}
process.stdout.write(`\n${lines.join('\n')}\n`);
process.exitCode = failed > 0 ? 1 : 0;

async function tellStories(topology: Topology, parts: Parts): Promise<{ line: string; failed: number }> {
  const [result, waits] = [join(folder, `${topology}.json`), join(folder, `${topology}.waits`)];
  process.stdout.write(`\n=== The stories in the topology ${topology}\n`);
  const child = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      '--selectProjects',
      'behaviour',
      '--json',
      `--outputFile=${result}`,
    ],
    {
      cwd: packageRoot(),
      env: { ...process.env, TOPOLOGY: topology, TEST_PARTS: JSON.stringify(parts), TEST_WAITS: waits },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const [code] = (await once(child, 'exit')) as [number | null];
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(result, 'utf8')) as {
    numPassedTests: number;
    numFailedTests: number;
    numPendingTests: number;
  };
  process.stdout.write(tableOfWaits(waitsIn(waits)));
  const line = `stories: topology=${topology} passed=${numPassedTests} failed=${numFailedTests} skipped=${numPendingTests} retries=0`;
  return { line, failed: code === 0 ? 0 : Math.max(1, numFailedTests) };
}
