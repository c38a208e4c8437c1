// Deletes the data folder: the embedded database and the generated secrets.
import { existsSync } from 'node:fs';
import { resetDataFolder, UserError } from '../dist/libs/database/src/index.js';

try {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const path = await resetDataFolder(process.env.DATA_DIR || '.data');
  process.stdout.write(`Removed ${path}. The next npm start creates a new database.\n`);
} catch (error) {
  process.stderr.write(`${error instanceof UserError ? error.message : error.stack}\n`);
  process.exitCode = 1;
}
