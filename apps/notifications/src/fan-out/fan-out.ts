import { Injectable } from '@nestjs/common';
import type { PostPublishedV1, UserFollowedV1 } from '#contracts';
import { Database } from '#database';
import type { EventOf } from '#events';
import { FanOutRepository } from './fan-out.repository.js';
import { FanOutWorker } from './fan-out.worker.js';

/** Number of followers that the transaction of a batch of events notifies itself; more are notified by a job. */
const MAX_PER_BATCH = 1_000;

/**
 * Joins the events of two topics, follows and publications, with the same result in any order of delivery: both sides
 * are stored, and the one handled second finds the first. Whether a user followed the author at the time of publication
 * is decided by the times of the events; at an equal time the user counts as following. The work per batch of events is
 * bounded, however many followers the authors have.
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
    const hasJobs = await this.repository.addPublications(events, MAX_PER_BATCH);
    if (hasJobs) await this.database.afterCommit(() => this.worker.wake());
  }

  async followed(event: EventOf<typeof UserFollowedV1>): Promise<void> {
    await this.repository.addFollow(event);
  }

  /** Withdraws unread notifications of posts published after the unfollow; read ones stay. */
  async unfollowed(event: EventOf<typeof UserFollowedV1>): Promise<void> {
    const { time, data } = event;
    if (await this.repository.closeFollow(event))
      await this.repository.withdrawSince(time, data.followerId, data.followeeId);
  }
}
