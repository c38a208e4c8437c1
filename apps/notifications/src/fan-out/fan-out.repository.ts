import { Injectable } from '@nestjs/common';
import type { PostPublishedV1, UserFollowedV1 } from '#contracts';
import { Database } from '#database';
import type { EventOf } from '#events';
import { lockEach } from '../notifications/locks.js';
import { insertNotifications } from '../notifications/notifications.repository.js';

/** Of the follow interval f and the publication p. */
export const FOLLOWED_AT_THE_TIME = 'f.since <= p.published_at and (f.until is null or p.published_at <= f.until)';

export interface FanOutJob {
  readonly eventId: string;
  readonly authorId: string;
}

/** Who followed whom and when, what was published and when, and what is still to be done of it. */
@Injectable()
export class FanOutRepository {
  constructor(private readonly database: Database) {}

  /** Lets one transaction at a time join follows and publications of each of these authors. */
  async lockAuthors(ids: readonly string[]): Promise<void> {
    await lockEach(this.database, 'author', ids);
  }

  /**
   * Stores publications, and notifies those who followed at the time: at once if that is at most `most` people for all of
   * them together, in the order given; what is more becomes jobs. Returns whether there are any.
   */
  async addPublications(events: readonly EventOf<typeof PostPublishedV1>[], most: number): Promise<boolean> {
    const publications = events.map(({ id, time, data }, n) => {
      return { n, event_id: id, post_id: data.postId, author_id: data.authorId, published_at: time };
    });
    const [row] = await this.database.query<{ jobs: number }>(PUBLISH, [JSON.stringify(publications), most]);
    return (row?.jobs ?? 0) > 0;
  }

  /** Takes the job that has waited longest and that no other process has in hand, in the current transaction. */
  async takeJob(): Promise<FanOutJob | undefined> {
    const [job] = await this.database.query<FanOutJob>(
      `select j.event_id as "eventId", p.author_id as "authorId" from fan_out_jobs j join publications p using (event_id)
       order by j.served_at limit 1 for update of j skip locked`,
    );
    return job;
  }

  /** Does the next slice of a job, of at most `size` followers, and moves or removes it. Under the author's lock. */
  async runSlice({ eventId }: FanOutJob, size: number): Promise<void> {
    await this.database.query(SLICE, [eventId, size]);
  }

  /** Lets the others go first. */
  async postpone({ eventId }: FanOutJob): Promise<void> {
    await this.database.query('update fan_out_jobs set served_at = clock_timestamp() where event_id = $1', [eventId]);
  }

  /** Opens a follow interval, and notifies the follower of what was published since it began. */
  async addFollow({ sequence, time, data }: EventOf<typeof UserFollowedV1>): Promise<void> {
    await this.database.query(
      `insert into follow_intervals (follower_id, followee_id, opened_sequence, since) values ($1, $2, $3, $4)
       on conflict do nothing`,
      [data.followerId, data.followeeId, sequence, time],
    );
    const missed = postPublished(`follow_intervals f join publications p on p.author_id = f.followee_id
      where (f.follower_id, f.followee_id, f.opened_sequence) = ($1, $2, $3) and ${FOLLOWED_AT_THE_TIME}`);
    await this.database.query(insertNotifications(missed), [data.followerId, data.followeeId, sequence]);
  }

  /** False if there is no such interval, or it was closed before. */
  async closeFollow({ sequence, time, data }: EventOf<typeof UserFollowedV1>): Promise<boolean> {
    const ended = await this.database.query(
      `update follow_intervals set until = $4
       where follower_id = $1 and followee_id = $2 and opened_sequence < $3 and until is null returning 1`,
      [data.followerId, data.followeeId, sequence, time],
    );
    return ended.length > 0;
  }

  /** Withdraws what a follower was notified of and has not read, of what an author has published since a time. */
  async withdrawSince(time: Date, followerId: string, authorId: string): Promise<void> {
    await this.database.query(
      `update notifications n set state = 'withdrawn' from publications p
       where p.author_id = $2 and p.published_at > $3 and n.event_id = p.event_id and n.recipient_id = $1
         and n.type = 'post.published' and n.state = 'shown' and n.read_at is null`,
      [followerId, authorId, time],
    );
  }
}

/** The notifications of pairs of a publication p and a follow interval f. */
function postPublished(pairs: string): string {
  return `select distinct on (p.event_id, f.follower_id) uuid_v7() as id, f.follower_id as "recipientId",
      p.event_id as "eventId", 'post.published' as type, p.author_id as "actorId", p.post_id as "postId",
      null::uuid as "commentId", p.published_at as "createdAt"
    from ${pairs} order by p.event_id, f.follower_id`;
}

const PUBLISH = `
  with given as (select * from json_to_recordset($1)
      as p (n int, event_id uuid, post_id uuid, author_id uuid, published_at timestamptz)),
  kept as (insert into publications (event_id, post_id, author_id, published_at)
    select event_id, post_id, author_id, published_at from given on conflict do nothing),
  sized as (select g.*, (select count(*) from (select from follow_intervals f where f.followee_id = g.author_id
    order by f.follower_id limit $2 + 1) as few) as people from given g),
  planned as (select *, people <= $2 and
    sum(case when people <= $2 then people else 0 end) over (order by n) <= $2 as at_once from sized),
  jobs as (insert into fan_out_jobs (event_id) select event_id from planned where not at_once
    on conflict do nothing returning 1),
  added as (${insertNotifications(
    postPublished(`planned p cross join lateral
        (select * from follow_intervals where followee_id = p.author_id order by follower_id limit $2) f
      where p.at_once and ${FOLLOWED_AT_THE_TIME}`),
  )})
  select count(*) as jobs from jobs`;

/** A follower with several intervals is one follower; who follows while the job runs is notified by the follow itself. */
const SLICE = `
  with job as (select j.after, p.* from fan_out_jobs j join publications p using (event_id) where event_id = $1),
  slice as (select f.follower_id from job cross join lateral
    (select distinct follower_id from follow_intervals where followee_id = job.author_id
      and follower_id > coalesce(job.after, '00000000-0000-0000-0000-000000000000') order by follower_id limit $2) f),
  added as (${insertNotifications(
    postPublished(`job p, slice s join follow_intervals f using (follower_id)
      where f.followee_id = p.author_id and ${FOLLOWED_AT_THE_TIME}`),
  )}),
  moved as (update fan_out_jobs set served_at = clock_timestamp(),
      after = (select follower_id from slice order by follower_id desc limit 1)
    where event_id = $1 and (select count(*) from slice) = $2)
  delete from fan_out_jobs where event_id = $1 and (select count(*) from slice) < $2`;
