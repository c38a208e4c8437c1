/**
 * Injects bugs of one line into a temporary copy of the project, one at a time, and checks that a test detects each:
 * `npm run test:mutants`, or with a part of a bug's name: `npm run test:mutants -- "14 hours"`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceNames } from '#contracts';
import { packageRoot } from '#database';
import { type Mutant, mutants } from './mutants.js';

const [part = ''] = process.argv.slice(2);
const chosen = mutants.filter(({ what }) => what.includes(part));
const copy = mkdtempSync(join(tmpdir(), 'twofold-mutants-'));
const survivors: string[] = [];
try {
  copyProject();
  for (const [index, mutant] of chosen.entries()) {
    const isCaught = catches(mutant);
    if (!isCaught) survivors.push(mutant.what);
    process.stdout.write(`${index + 1}/${chosen.length} ${isCaught ? 'caught  ' : 'SURVIVED'} ${mutant.what}\n`);
  }
} finally {
  rmSync(copy, { recursive: true });
}
process.stdout.write(`mutants: caught=${chosen.length - survivors.length} survived=${survivors.length}\n`);
process.exitCode = survivors.length > 0 ? 1 : 0;

/** Copies all files that git does not ignore, and the generated ones. The installed packages are linked. */
function copyProject(): void {
  const root = packageRoot();
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  for (const file of files.trim().split('\n')) cpSync(join(root, file), join(copy, file), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true });
  for (const service of serviceNames) {
    const generated = `apps/${service}/src/generated`;
    cpSync(join(root, generated), join(copy, generated), { recursive: true });
  }
}

function catches({ what, file, right, wrong, caughtBy }: Mutant): boolean {
  const path = join(copy, file);
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
    { cwd: copy, stdio: 'ignore', timeout: 180_000 },
  );
  return status === 0;
}
