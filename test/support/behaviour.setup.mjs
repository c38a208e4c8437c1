// Starts one monolith for all stories, and stops it after the last.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMonolith } from '../../dist/test/support/monolith.js';

export default async function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'twofold-behaviour-'));
  const monolith = await startMonolith({ DATA_DIR: join(folder, 'data'), RETRY_SCHEDULE: '0,0.05,0.1' });
  process.env.TWOFOLD_URL = monolith.url;
  globalThis.tearDown = async () => {
    const code = await monolith.stop();
    rmSync(folder, { recursive: true, force: true });
    if (code !== 0) throw new Error(`The monolith ended with ${code}:\n${monolith.output()}`);
  };
}
