import type { Database } from '#database';
import { EventRuntime } from '#events';
import { FanOutRepository } from '../../../apps/notifications/src/fan-out/fan-out.repository.js';
import { FanOut } from '../../../apps/notifications/src/fan-out/fan-out.js';
import { FanOutWorker } from '../../../apps/notifications/src/fan-out/fan-out.worker.js';

/** The fan-out of a process. Its worker runs only when the test calls it. */
export function fanOutOn(database: Database) {
  const repository = new FanOutRepository(database);
  const worker = new FanOutWorker(database, repository, new EventRuntime());
  return { fanOut: new FanOut(database, repository, worker), repository, worker };
}
