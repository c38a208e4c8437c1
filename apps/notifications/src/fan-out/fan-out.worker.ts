import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { EventRuntime, Loop } from '#events';
import { type FanOutJob, FanOutRepository } from './fan-out.repository.js';

/** Followers of one transaction: some ten milliseconds, so that nobody waits long for its locks. */
const SLICE = 1_000;
/** How often it looks for what a process that ended has left. */
const LOOK_MS = 1_000;

/**
 * Notifies the followers of publications that are too many for the transaction that stores them: slice by slice inside
 * Postgres, each with its cursor in one transaction, the jobs in turn. Any number of processes may work. It rests as long
 * as it works, so that a large job leaves room for everything else.
 */
@Injectable()
export class FanOutWorker {
  private readonly loop = new Loop('fan-out', () => this.turn());

  constructor(
    private readonly database: Database,
    private readonly repository: FanOutRepository,
    services: EventRuntime,
  ) {
    services.add(this.loop);
  }

  wake(): void {
    this.loop.wake();
  }

  /** One slice of one job. Returns for how many milliseconds to rest. */
  async turn(): Promise<number> {
    const begun = performance.now();
    let job: FanOutJob | undefined;
    try {
      await this.database.transaction(async () => {
        job = await this.repository.takeJob();
        if (!job) return;
        await this.repository.lockAuthors([job.authorId]);
        await this.repository.runSlice(job, SLICE);
      });
    } catch (error) {
      // One that fails must not keep the others waiting.
      if (job) await this.repository.postpone(job);
      throw error;
    }
    return job ? Math.ceil(performance.now() - begun) : LOOK_MS;
  }
}
