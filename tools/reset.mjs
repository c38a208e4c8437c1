// Deletes the data folder: the embedded database and the generated secrets. Asks first, unless --yes is passed; --dry-run deletes nothing.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { confirm } from '../dist/apps/ops/src/output.js';
import { assertDataFolder, resetDataFolder, UserError } from '../dist/libs/database/src/index.js';

try {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const path = resolve(process.env.DATA_DIR || '.data');
  if (!existsSync(path)) {
    process.stdout.write(`There is nothing to delete: ${path} does not exist.\n`);
  } else {
    assertDataFolder(path);
    if (process.argv.includes('--dry-run')) {
      process.stdout.write(`${path} would be deleted, with all posts and accounts, and the master key.\n`);
      process.exit();
    }
    await confirm(
      `Delete ${path}? All posts and accounts go, and the master key: without it no backup can be restored with its keys.`,
      process.argv.includes('--yes'),
    );
    await resetDataFolder(path);
    process.stdout.write(`Removed ${path}. The next npm start creates a new database.\n`);
  }
} catch (error) {
  process.stderr.write(`${error instanceof UserError ? error.message : error.stack}\n`);
  process.exitCode = 1;
}
