import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder that contains package.json. Migrations have the same path below it in the source and in the build. */
export function packageRoot(from: string = import.meta.dirname): string {
  if (existsSync(join(from, 'package.json'))) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error('No package.json above this file.');
  return packageRoot(parent);
}
