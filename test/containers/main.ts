/**
 * Everything that needs containers: the stories of test/behaviour in each topology, and what survives on real parts.
 * `npm run test:containers`, or a part of it: `npm run test:containers -- parts`, `-- services`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '#database';
import { performOnParts } from '../delivery/parts/on-parts.js';
import { few } from '../delivery/parts/scenarios.js';
import { seedOf } from '../delivery/sizes.js';
import { withContainers } from '../support/containers.js';
import type { Parts } from '../support/parts.js';
import { topologies, type Topology } from '../support/platform.js';
import { waitsIn, tableOfWaits } from './waits.js';

/** The parts by themselves, or the stories in a topology. */
type Chapter = Topology | 'parts';
const chapters: readonly Chapter[] = ['parts', ...topologies];

const asked = process.argv.slice(2);
const unknown = asked.filter((each) => !chapters.includes(each as Chapter));
if (unknown.length > 0) throw new Error(`There is no ${unknown.join()}, only ${chapters.join(', ')}.`);

const folder = mkdtempSync(join(tmpdir(), 'twofold-containers-'));
const lines: string[] = [];
let passed = 0;
let failed = 0;
await withContainers(async (containers) => {
  for (const chapter of chapters.filter((each) => asked.length === 0 || asked.includes(each))) {
    const result = await tellStories(chapter, containers.parts);
    passed += result.passed;
    failed += result.failed;
    lines.push(result.line);
  }
  if (asked.length > 0) return;
  const seed = seedOf();
  process.stdout.write(`\n=== What survives on real parts, seed ${seed}\n`);
  const result = await performOnParts(containers, few, true, seed);
  passed += result.lines.length - result.failed;
  failed += result.failed;
  lines.push(...result.lines);
}).finally(() => rmSync(folder, { recursive: true }));
process.stdout.write(`\n${lines.join('\n')}\ncontainers: ${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 ? 1 : 0;

async function tellStories(chapter: Chapter, parts: Parts): Promise<{ line: string; passed: number; failed: number }> {
  const [result, waits] = [join(folder, `${chapter}.json`), join(folder, `${chapter}.waits`)];
  const [project, topology] = chapter === 'parts' ? ['parts', 'none'] : ['behaviour', chapter];
  process.stdout.write(chapter === 'parts' ? '\n=== The parts\n' : `\n=== The stories in the topology ${topology}\n`);
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
  const line = `${chapter === 'parts' ? 'parts:' : `stories: topology=${topology}`} passed=${numPassedTests} failed=${numFailedTests} skipped=${numPendingTests} retries=0${failures.join('')}`;
  return { line, passed: numPassedTests, failed: code === 0 ? 0 : Math.max(1, numFailedTests) };
}
