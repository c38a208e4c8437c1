// Starts one monolith for all stories, and stops it after the last.
import { temporaryDataFolder } from '../../dist/test/support/data-folder.js';
import { startMonolith } from '../../dist/test/support/monolith.js';
import { onTearDown } from './tear-down.mjs';

export default async function setUp() {
  const folder = temporaryDataFolder();
  const monolith = await startMonolith({ DATA_DIR: folder.path, RETRY_SCHEDULE: '0,0.05,0.1' });
  process.env.TWOFOLD_URL = monolith.url;
  process.env.TWOFOLD_DATA_DIR = folder.path;
  onTearDown(async () => {
    const code = await monolith.stop();
    await folder.remove();
    if (code !== 0) throw new Error(`The monolith ended with ${code}:\n${monolith.output()}`);
  });
}
