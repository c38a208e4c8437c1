import { Injectable } from '@nestjs/common';
import type { PostPublishedV1, UserFollowedV1 } from '#contracts';
import { type RawBuilder, sql } from 'kysely';
import { Database, once } from '#database';
import { currentCause, type EventOf } from '#events';
import { lockEach } from '../notifications/locks.repository.js';
import { db, type FollowInterval } from '../tables.js';
import {
  insertNotifications,
  settle,
  settleStored,
  type Stored,
} from '../notifications/insert-notifications.repository.js';

/** Of the follow interval f and the publication p. */
export const FOLLOWED_AT_THE_TIME = sql`f.since <= p.published_at and (f.until is null or p.published_at <= f.until)`;

export interface FanOutJob {
  readonly eventId: string;
  readonly authorId: string;
  readonly publishedAt: Date;
  /** The last follower of its last slice. */
  readonly after: string | null;
  /** When its last slice was done, or when it was planned. */
  readonly servedAt: Date;
  /** The span that planned it. */
  readonly traceparent: string | null;
}

/** The notifications of pairs of a publication p and a follow interval f. */
function postPublished(pairs: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`select distinct on (p.event_id, f.follower_id) uuid_v7() as id, f.follower_id as "recipientId",
      p.event_id as "eventId", 'post.published' as type, p.author_id as "actorId", p.post_id as "postId",
      null::uuid as "commentId", p.published_at as "createdAt"
    from ${pairs} order by p.event_id, f.follower_id`;
}

const addPublications = once(
  'fan-out: add publications',
  ({ publications, most, traceparent }: { publications: string; most: number; traceparent: string | null }) => sql<{
    jobs: number;
  }>`
    with given as (select * from json_to_recordset(${publications})
        as p (n int, event_id uuid, post_id uuid, author_id uuid, published_at timestamptz)),
    kept as (insert into publications (event_id, post_id, author_id, published_at)
      select event_id, post_id, author_id, published_at from given on conflict do nothing),
    sized as (select g.*, (select count(*) from (select from follow_intervals f where f.followee_id = g.author_id
      order by f.follower_id limit ${most}::int + 1) as few) as people from given g),
    planned as (select *, people <= ${most} and
      sum(case when people <= ${most} then people else 0 end) over (order by n) <= ${most} as at_once from sized),
    jobs as (insert into fan_out_jobs (event_id, traceparent) select event_id, ${traceparent}::text
      from planned where not at_once
      on conflict do nothing returning 1),
    added as (${insertNotifications(
      postPublished(sql`planned p cross join lateral
          (select * from follow_intervals where followee_id = p.author_id order by follower_id limit ${most}) f
        where p.at_once and ${FOLLOWED_AT_THE_TIME}`),
    )})
    select count(*) as jobs from jobs`,
);

/** The job that has waited longest and that no other process has locked. */
const takeJob = once('fan-out: take job', () =>
  db
    .selectFrom('fanOutJobs as j')
    .innerJoin('publications as p', 'p.eventId', 'j.eventId')
    .select(['j.eventId', 'p.authorId', 'p.publishedAt', 'j.after', 'j.servedAt', 'j.traceparent'])
    .orderBy('j.servedAt')
    .limit(sql.lit(1))
    .forUpdate('j')
    .skipLocked(),
);

/** Counted up to this number. */
const MAX_COUNTED = 1_000;

const countJobs = once('fan-out: count jobs', () =>
  db
    .selectFrom(
      db.selectFrom('fanOutJobs').select('servedAt').orderBy('servedAt').limit(sql.lit(MAX_COUNTED)).as('some'),
    )
    .select(({ fn }) => fn.countAll<number>().as('jobs')),
);

/** A follower with several intervals is one follower; one who follows while the job runs is notified by that event. */
const runSlice = once(
  'fan-out: run slice',
  ({ eventId, size }: { eventId: string; size: number }) => sql<never>`
    with job as (select j.after, p.* from fan_out_jobs j join publications p using (event_id) where event_id = ${eventId}),
    slice as (select f.follower_id from job cross join lateral
      (select distinct follower_id from follow_intervals where followee_id = job.author_id
        and follower_id > coalesce(job.after, '00000000-0000-0000-0000-000000000000')
        order by follower_id limit ${size}) f),
    added as (${insertNotifications(
      postPublished(sql`job p, slice s join follow_intervals f using (follower_id)
        where f.followee_id = p.author_id and ${FOLLOWED_AT_THE_TIME}`),
    )}),
    moved as (update fan_out_jobs set served_at = clock_timestamp(),
        after = (select follower_id from slice order by follower_id desc limit 1)
      where event_id = ${eventId} and (select count(*) from slice) = ${size})
    delete from fan_out_jobs where event_id = ${eventId} and (select count(*) from slice) < ${size}`,
);
const postpone = once('fan-out: postpone', ({ eventId }: { eventId: string }) =>
  db
    .updateTable('fanOutJobs')
    .set({ servedAt: sql<Date>`clock_timestamp()` })
    .where('eventId', '=', eventId),
);

type Interval = Pick<FollowInterval, 'followerId' | 'followeeId' | 'openedSequence'>;

const openFollow = once(
  'fan-out: open follow',
  ({ followerId, followeeId, openedSequence, since }: Interval & { since: Date }) =>
    db
      .insertInto('followIntervals')
      .values({ followerId, followeeId, openedSequence, since })
      .onConflict((conflict) => conflict.doNothing()),
);
const notifyMissed = once('fan-out: notify of missed', ({ followerId, followeeId, openedSequence }: Interval) =>
  insertNotifications(
    postPublished(sql`follow_intervals f join publications p on p.author_id = f.followee_id
      where (f.follower_id, f.followee_id, f.opened_sequence) = (${followerId}, ${followeeId}, ${openedSequence})
        and ${FOLLOWED_AT_THE_TIME}`),
  ),
);
const closeFollow = once(
  'fan-out: close follow',
  ({
    followerId,
    followeeId,
    before,
    until,
  }: {
    followerId: string;
    followeeId: string;
    before: number;
    until: Date;
  }) =>
    db
      .updateTable('followIntervals')
      .set({ until })
      .where('followerId', '=', followerId)
      .where('followeeId', '=', followeeId)
      .where('openedSequence', '<', before)
      .where('until', 'is', null)
      .returning('followerId'),
);
const withdrawSince = once(
  'fan-out: withdraw since',
  ({ followerId, authorId, time }: { followerId: string; authorId: string; time: Date }) => sql<Stored>`
    update notifications n set state = 'withdrawn' from publications p
    where p.author_id = ${authorId} and p.published_at > ${time} and n.event_id = p.event_id
      and n.recipient_id = ${followerId} and n.type = 'post.published' and n.state <> 'withdrawn' and n.read_at is null
    returning n.post_id as "postId", n.recipient_id as "recipientId"`,
);
/** Usually an event is about the latest publication of its post, which makes no other one a repetition. */
const settlePublications = once(
  'fan-out: settle publications',
  ({ events, after }: { events: readonly string[]; after: string | null }) =>
    settle(sql`select told.post_id, told.recipient_id from (select p.event_id from publications p
        where p.event_id = any(${events}) and exists (select from publications later where later.post_id = p.post_id
          and (later.published_at, later.event_id) > (p.published_at, p.event_id)) offset 0) as earlier
      cross join lateral (select n.post_id, n.recipient_id from notifications n where n.event_id = earlier.event_id
        and n.recipient_id > coalesce(${after}::uuid, '00000000-0000-0000-0000-000000000000') offset 0) as told`),
);

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
    const traceparent = currentCause()?.traceparent ?? null;
    const [row] = await this.database.run(
      addPublications({ publications: JSON.stringify(publications), most, traceparent }),
    );
    await this.database.run(settlePublications({ events: events.map(({ id }) => id), after: null }));
    return (row?.jobs ?? 0) > 0;
  }

  /** Takes the job that has waited longest and that no other process has locked, in the current transaction. */
  async takeJob(): Promise<FanOutJob | undefined> {
    const [job] = await this.database.run(takeJob({}));
    return job;
  }

  /** The number of jobs, at most MAX_COUNTED. */
  async countJobs(): Promise<number> {
    const [row] = await this.database.run(countJobs({}));
    return row?.jobs ?? 0;
  }

  /** Does the next slice of a job, of at most `size` followers, and moves or removes it. Under the author's lock. */
  async runSlice({ eventId, after }: Pick<FanOutJob, 'eventId' | 'after'>, size: number): Promise<void> {
    await this.database.run(runSlice({ eventId, size }));
    await this.database.run(settlePublications({ events: [eventId], after }));
  }

  /** Lets the others go first. */
  async postpone({ eventId }: FanOutJob): Promise<void> {
    await this.database.run(postpone({ eventId }));
  }

  /** Opens a follow interval, and notifies the follower of what was published since it began. */
  async addFollow({ sequence, time, data }: EventOf<typeof UserFollowedV1>): Promise<void> {
    const interval = { followerId: data.followerId, followeeId: data.followeeId, openedSequence: sequence };
    await this.database.run(openFollow({ ...interval, since: time }));
    await settleStored(this.database, await this.database.run(notifyMissed(interval)));
  }

  /** False if there is no such interval, or it was closed before. */
  async closeFollow({ sequence, time, data }: EventOf<typeof UserFollowedV1>): Promise<boolean> {
    const { followerId, followeeId } = data;
    const ended = await this.database.run(closeFollow({ followerId, followeeId, before: sequence, until: time }));
    return ended.length > 0;
  }

  /** Withdraws what a follower was notified of and has not read, of what an author has published since a time. */
  async withdrawSince(time: Date, followerId: string, authorId: string): Promise<void> {
    await settleStored(this.database, await this.database.run(withdrawSince({ followerId, authorId, time })));
  }
}
