import { join } from 'node:path';
import { packageRoot } from '#database';

/** The folders of the libraries' migrations, which are applied in the schema of every service. */
export function libraryMigrations(): Record<string, string> {
  return Object.fromEntries(
    ['events', 'runtime', 'cache'].map((library) => [library, join(packageRoot(), `libs/${library}/migrations`)]),
  );
}
