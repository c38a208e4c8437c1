/**
 * Runs the tests that need containers: test/parts, the behaviour tests in each topology, and the delivery scenarios.
 * `npm run test:containers`, or only some suites: `npm run test:containers -- parts`, `-- services delivery`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '#database';
import { performOnParts } from '../delivery/parts/on-parts.js';
import { ciScenarios } from '../delivery/parts/scenarios.js';
import { seedOf } from '../delivery/sizes.js';
import { withContainers } from '../support/infrastructure/containers.js';
import type { Parts } from '../support/infrastructure/parts.js';
import { topologies, type Topology } from '../support/platform/platform.js';
import { waitsIn, tableOfWaits } from './waits.js';

/** test/parts, the behaviour tests in a topology, or the delivery scenarios. */
type Suite = Topology | 'parts' | 'delivery';
const suites: readonly Suite[] = ['parts', ...topologies, 'delivery'];

const selected = process.argv.slice(2);
const unknown = selected.filter((each) => !suites.includes(each as Suite));
if (unknown.length > 0) throw new Error(`Unknown suite ${unknown.join()}. Available suites: ${suites.join(', ')}.`);

const isChosen = (suite: Suite) => selected.length === 0 || selected.includes(suite);

const folder = mkdtempSync(join(tmpdir(), 'twofold-containers-'));
const lines: string[] = [];
let passed = 0;
let failed = 0;
await withContainers(async (containers) => {
  for (const suite of suites) {
    if (suite === 'delivery' || !isChosen(suite)) continue;
    const result = await runSuite(suite, containers.parts);
    passed += result.passed;
    failed += result.failed;
    lines.push(result.line);
  }
  if (!isChosen('delivery')) return;
  const seed = seedOf();
  process.stdout.write(`\n=== Delivery scenarios on Kafka, Redis and Postgres, seed ${seed}\n`);
  const result = await performOnParts(containers, ciScenarios, true, seed);
  passed += result.lines.length - result.failed;
  failed += result.failed;
  lines.push(...result.lines);
}).finally(() => rmSync(folder, { recursive: true }));
process.stdout.write(`\n${lines.join('\n')}\ncontainers: ${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 ? 1 : 0;

async function runSuite(
  suite: Exclude<Suite, 'delivery'>,
  parts: Parts,
): Promise<{ line: string; passed: number; failed: number }> {
  const [result, waits] = [join(folder, `${suite}.json`), join(folder, `${suite}.waits`)];
  const [project, topology] = suite === 'parts' ? ['parts', 'none'] : ['behaviour', suite];
  process.stdout.write(suite === 'parts' ? '\n=== test/parts\n' : `\n=== Behaviour tests, topology ${topology}\n`);
  const child = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      '--selectProjects',
      project,
      '--json',
      `--outputFile=${result}`,
    ],
    {
      cwd: packageRoot(),
      env: {
        ...process.env,
        TOPOLOGY: topology,
        TEST_PARTS: JSON.stringify(parts),
        TEST_POSTGRES_URL: parts.postgres,
        TEST_WAITS: waits,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const [code] = (await once(child, 'exit')) as [number | null];
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(readFileSync(result, 'utf8')) as {
    numPassedTests: number;
    numFailedTests: number;
    numPendingTests: number;
    testResults: { assertionResults: { status: string; fullName: string }[] }[];
  };
  const failures = testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => `\n  failed: ${fullName}`),
  );
  process.stdout.write(tableOfWaits(waitsIn(waits)));
  const line = `${suite === 'parts' ? 'parts:' : `stories: topology=${topology}`} passed=${numPassedTests} failed=${numFailedTests} skipped=${numPendingTests} retries=0${failures.join('')}`;
  return { line, passed: numPassedTests, failed: code === 0 ? 0 : Math.max(1, numFailedTests) };
}
