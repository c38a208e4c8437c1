/**
 * Injects bugs of one line into a temporary copy of the project, one at a time, and checks that a test detects each:
 * `npm run test:mutants`, or with a part of a bug's name: `npm run test:mutants -- "14 hours"`.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceNames } from '#contracts';
import { ProjectCopy } from '../support/project-copy.js';
import { type Mutant, mutants } from './mutants.js';

const [part = ''] = process.argv.slice(2);
const chosen = mutants.filter(({ what }) => what.includes(part));
const copy = new ProjectCopy();
const survivors: string[] = [];
try {
  copy.add('dist', ...serviceNames.map((service) => `apps/${service}/src/generated`));
  for (const [index, mutant] of chosen.entries()) {
    const isCaught = catches(mutant);
    if (!isCaught) survivors.push(mutant.what);
    process.stdout.write(`${index + 1}/${chosen.length} ${isCaught ? 'caught  ' : 'SURVIVED'} ${mutant.what}\n`);
  }
} finally {
  copy.remove();
}
process.stdout.write(`mutants: caught=${chosen.length - survivors.length} survived=${survivors.length}\n`);
process.exitCode = survivors.length > 0 ? 1 : 0;

function catches({ what, file, right, wrong, caughtBy }: Mutant): boolean {
  const path = join(copy.path, file);
  const code = readFileSync(path, 'utf8');
  const parts = code.split(right);
  if (parts.length !== 2) throw new Error(`${what}: the code occurs ${parts.length - 1} times in ${file}, not once`);
  writeFileSync(path, parts.join(wrong));
  try {
    return !passes(caughtBy);
  } finally {
    writeFileSync(path, code);
  }
}

function passes(spec: string): boolean {
  const { status } = spawnSync(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      '--selectProjects',
      'unit',
      '--testPathPatterns',
      spec,
      '--bail',
      '--silent',
      '--forceExit',
    ],
    { cwd: copy.path, stdio: 'ignore', timeout: 180_000 },
  );
  return status === 0;
}
