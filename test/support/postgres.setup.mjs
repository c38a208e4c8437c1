// Starts one Postgres server for the tests that need one; each test creates its own database on it.
import { temporaryDataFolder } from '../../dist/test/support/infrastructure/data-folder.js';
import { lockDataFolder, startEmbeddedPostgres } from '../../dist/libs/database/src/index.js';
import { onTearDown } from './tear-down.mjs';

export default async function setUp() {
  const folder = temporaryDataFolder();
  const lock = await lockDataFolder(folder.path);
  const postgres = await startEmbeddedPostgres(lock);
  process.env.TEST_POSTGRES_URL = postgres.url;
  onTearDown(async () => {
    await postgres.stop();
    lock.release();
    await folder.remove();
  });
}
