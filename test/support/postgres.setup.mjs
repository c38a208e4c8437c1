// Starts one Postgres server for the tests that need one; each test creates its own database on it.
import { startTemporaryPostgres } from '../../dist/test/support/infrastructure/temporary-postgres.js';
import { onTearDown } from './tear-down.mjs';

export default async function setUp() {
  const { url, stop } = await startTemporaryPostgres();
  process.env.TEST_POSTGRES_URL = url;
  onTearDown(stop);
}
