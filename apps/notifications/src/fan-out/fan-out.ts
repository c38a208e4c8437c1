import { Injectable } from '@nestjs/common';
import type { PostPublishedV1, UserFollowedV1 } from '#contracts';
import { Database } from '#database';
import type { EventOf } from '#events';
import { FanOutRepository } from './fan-out.repository.js';
import { FanOutWorker } from './fan-out.worker.js';

/** People whom the transaction of a batch of events notifies itself; more are notified by a job. */
const FIRST_SLICE = 1_000;

/**
 * Joins two topics, who follows whom and what was published, and gives the same result in whichever order they arrive:
 * each side is kept, and the one that comes second finds the first. "Followed at the time" compares the times of the
 * events; equal counts as following. What a batch of events causes is bounded, however many follow their authors.
 */
@Injectable()
export class FanOut {
  constructor(
    private readonly database: Database,
    private readonly repository: FanOutRepository,
    private readonly worker: FanOutWorker,
  ) {}

  async lockAuthors(ids: readonly string[]): Promise<void> {
    await this.repository.lockAuthors(ids);
  }

  async published(events: readonly EventOf<typeof PostPublishedV1>[]): Promise<void> {
    const hasJobs = await this.repository.addPublications(events, FIRST_SLICE);
    if (hasJobs) await this.database.afterCommit(() => this.worker.wake());
  }

  async followed(event: EventOf<typeof UserFollowedV1>): Promise<void> {
    await this.repository.addFollow(event);
  }

  /** What was read stays read; what was not is withdrawn if it came after the end. */
  async unfollowed(event: EventOf<typeof UserFollowedV1>): Promise<void> {
    const { time, data } = event;
    if (await this.repository.closeFollow(event))
      await this.repository.withdrawSince(time, data.followerId, data.followeeId);
  }
}
