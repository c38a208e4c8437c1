import { Injectable } from '@nestjs/common';
import type { PostPublishedV1, UserFollowedV1 } from '#contracts';
import { Database } from '#database';
import type { EventOf } from '#events';
import { lockEach } from './locks.js';
import { type NewNotification, NotificationsRepository } from './notifications.repository.js';

/**
 * Joins two topics, who follows whom and what was published, and gives the same result in whichever order they arrive:
 * each side is kept, and the one that comes second finds the first. "Followed at the time" compares the times of the
 * events; equal counts as following.
 */
@Injectable()
export class FanOut {
  constructor(
    private readonly database: Database,
    private readonly notifications: NotificationsRepository,
  ) {}

  async lockAuthors(ids: readonly string[]): Promise<void> {
    await lockEach(this.database, 'author', ids);
  }

  async published(events: readonly EventOf<typeof PostPublishedV1>[]): Promise<void> {
    const publications = events.map(({ id, time, data }) => {
      return { event_id: id, post_id: data.postId, author_id: data.authorId, published_at: time };
    });
    const concerned = await this.database.query<Missed>(
      `with p as (select * from json_to_recordset($1)
           as p (event_id uuid, post_id uuid, author_id uuid, published_at timestamptz)),
         kept as (insert into publications (event_id, post_id, author_id, published_at)
           select event_id, post_id, author_id, published_at from p on conflict do nothing)
       select distinct p.event_id, p.post_id, p.author_id, p.published_at, f.follower_id
       from p join follow_intervals f on f.followee_id = p.author_id and ${FOLLOWED_AT_THE_TIME}`,
      [JSON.stringify(publications)],
    );
    await this.notifications.add(concerned.map(toNotification));
  }

  async followed({ sequence, time, data }: EventOf<typeof UserFollowedV1>): Promise<void> {
    await this.database.query(
      `insert into follow_intervals (follower_id, followee_id, opened_sequence, since) values ($1, $2, $3, $4)
       on conflict do nothing`,
      [data.followerId, data.followeeId, sequence, time],
    );
    const missed = await this.database.query<Missed>(
      `select p.event_id, p.post_id, p.author_id, p.published_at, f.follower_id
       from follow_intervals f join publications p on p.author_id = f.followee_id and ${FOLLOWED_AT_THE_TIME}
       where (f.follower_id, f.followee_id, f.opened_sequence) = ($1, $2, $3)`,
      [data.followerId, data.followeeId, sequence],
    );
    await this.notifications.add(missed.map(toNotification));
  }

  /** What was read stays read; what was not is withdrawn if it came after the end. */
  async unfollowed({ sequence, time, data }: EventOf<typeof UserFollowedV1>): Promise<void> {
    const ended = await this.database.query(
      `update follow_intervals set until = $4
       where follower_id = $1 and followee_id = $2 and opened_sequence < $3 and until is null returning 1`,
      [data.followerId, data.followeeId, sequence, time],
    );
    if (ended.length === 0) return;
    await this.database.query(
      `update notifications n set state = 'withdrawn' from publications p
       where p.author_id = $2 and p.published_at > $3 and n.event_id = p.event_id and n.recipient_id = $1
         and n.type = 'post.published' and n.state = 'shown' and n.read_at is null`,
      [data.followerId, data.followeeId, time],
    );
  }
}

/** Of the follow interval f and the publication p. */
export const FOLLOWED_AT_THE_TIME = 'f.since <= p.published_at and (f.until is null or p.published_at <= f.until)';

interface Missed {
  readonly event_id: string;
  readonly post_id: string;
  readonly author_id: string;
  readonly published_at: Date;
  readonly follower_id: string;
}

function toNotification({ event_id, post_id, author_id, published_at, follower_id }: Missed): NewNotification {
  return {
    type: 'post.published',
    eventId: event_id,
    recipientId: follower_id,
    actorId: author_id,
    postId: post_id,
    createdAt: published_at,
  };
}
