// Deletes the data folder: the embedded database and the generated secrets. Asks first, unless --yes is passed.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { assertDataFolder, resetDataFolder, UserError } from '../dist/libs/database/src/index.js';

try {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const path = resolve(process.env.DATA_DIR || '.data');
  if (!existsSync(path)) {
    process.stdout.write(`There is nothing to delete: ${path} does not exist.\n`);
  } else {
    assertDataFolder(path);
    await confirm(
      `Delete ${path}? All posts and accounts go, and the master key: without it no backup can be restored with its keys.`,
    );
    await resetDataFolder(path);
    process.stdout.write(`Removed ${path}. The next npm start creates a new database.\n`);
  }
} catch (error) {
  process.stderr.write(`${error instanceof UserError ? error.message : error.stack}\n`);
  process.exitCode = 1;
}

async function confirm(question) {
  if (process.argv.includes('--yes')) return;
  if (!process.stdin.isTTY) throw new UserError(`${question} Not a terminal. Pass --yes: npm run reset -- --yes`);
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asking.question(`${question} [y/N] `);
  asking.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new UserError('Nothing was deleted.');
}
