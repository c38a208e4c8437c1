import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resetDataFolder } from '#database';

/** A temporary data folder outside the project, accessible to the user that runs the embedded Postgres. */
export function temporaryDataFolder(): { readonly path: string; remove(): Promise<void> } {
  const parent = mkdtempSync(join(tmpdir(), 'twofold-test-'));
  chmodSync(parent, 0o755);
  const path = join(parent, 'data');
  const remove = async () => {
    await resetDataFolder(path);
    rmSync(parent, { recursive: true, force: true });
  };
  return { path, remove };
}
