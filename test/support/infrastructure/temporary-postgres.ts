import { lockDataFolder, startEmbeddedPostgres } from '#database';
import { temporaryDataFolder } from './data-folder.js';

/** Starts a Postgres with a data folder of its own, without a platform. `stop` removes the folder, too. */
export async function startTemporaryPostgres(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const folder = temporaryDataFolder();
  const lock = await lockDataFolder(folder.path);
  const postgres = await startEmbeddedPostgres(lock);
  const stop = async () => {
    await postgres.stop();
    lock.release();
    await folder.remove();
  };
  return { url: postgres.url, stop };
}
