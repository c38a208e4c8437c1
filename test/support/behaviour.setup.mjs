// Starts one platform for all behaviour tests, and stops it after the last.
import { startPlatform } from '../../dist/test/support/platform/platform.js';
import { onTearDown } from './tear-down.mjs';

export default async function setUp() {
  const platform = await startPlatform({ RETRY_SCHEDULE: '0,0.05,0.1' });
  const { url, operations, operator } = platform;
  process.env.TWOFOLD_PLATFORM = JSON.stringify({ url, operations, operator });
  onTearDown(() => platform.stop());
}
