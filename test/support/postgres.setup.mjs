// Starts one real Postgres for the tests that need one; each makes a database of its own in it.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockDataFolder, resetDataFolder, startEmbeddedPostgres } from '../../dist/libs/database/src/index.js';

export default async function setUp() {
  const folder = await lockDataFolder(join(mkdtempSync(join(tmpdir(), 'twofold-unit-')), 'data'));
  const postgres = await startEmbeddedPostgres(folder);
  process.env.TEST_POSTGRES_URL = postgres.url;
  globalThis.tearDown = async () => {
    await postgres.stop();
    folder.release();
    await resetDataFolder(folder.path);
  };
}
