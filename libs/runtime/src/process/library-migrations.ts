import { join } from 'node:path';
import { packageRoot } from '#database';

/** The folders of the libraries' own migrations, which every service has in its schema. */
export function libraryMigrations(): Record<string, string> {
  return Object.fromEntries(
    ['events', 'runtime', 'cache'].map((library) => [library, join(packageRoot(), `libs/${library}/migrations`)]),
  );
}
