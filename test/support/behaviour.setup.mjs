// Starts one platform for all behaviour tests, and stops it after the last. PLATFORM_URL names one that is running: for tests
// that only use the public API.
import { startPlatform } from '../../dist/test/support/platform/platform.js';
import { onTearDown } from './tear-down.mjs';

export default async function setUp() {
  const { PLATFORM_URL: url } = process.env;
  if (url) {
    process.env.TWOFOLD_PLATFORM = JSON.stringify({ url, operations: {}, operator: {} });
    return;
  }
  const platform = await startPlatform({ RETRY_SCHEDULE: '0,0.05,0.1' });
  const { operations, operator } = platform;
  process.env.TWOFOLD_PLATFORM = JSON.stringify({ url: platform.url, operations, operator });
  onTearDown(() => platform.stop());
}
