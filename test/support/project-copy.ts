import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '#database';

/** A temporary copy of the repository: tracked and new files as they are now. Installed packages are shared. */
export class ProjectCopy {
  readonly path = mkdtempSync(join(tmpdir(), 'twofold-copy-'));

  constructor() {
    const root = packageRoot();
    const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
    for (const file of files
      .trim()
      .split('\n')
      .filter((path) => path !== 'node_modules')) {
      // A file that was deleted and not yet committed is still listed.
      if (existsSync(join(root, file))) cpSync(join(root, file), join(this.path, file), { recursive: true });
    }
    symlinkSync(join(root, 'node_modules'), join(this.path, 'node_modules'));
  }

  /** Copies what is generated or built, and not tracked. */
  add(...paths: string[]): void {
    for (const path of paths) cpSync(join(packageRoot(), path), join(this.path, path), { recursive: true });
  }

  /** Generates and compiles. Throws with the compiler's output. */
  build(): void {
    execFileSync(process.execPath, ['tools/build.mjs', '--force'], { cwd: this.path, encoding: 'utf8', stdio: 'pipe' });
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}
