import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PostPublishedV1, UserFollowedV1, UserUnfollowedV1 } from '#contracts';
import type { Database } from '#database';
import type { Event } from '#events';
import { v7 as uuidv7 } from 'uuid';
import { interleavings } from '../../../../test/support/interleavings.js';
import { buffersOf } from '../../../../test/support/database/buffers.js';
import { testDatabase, type TestDatabase } from '../../../../test/support/database/database.js';
import { fanOutOn } from '../../../../test/support/database/fan-out.js';
import { FanOutRepository } from './fan-out.repository.js';
import { NotificationsRepository } from '../notifications/notifications.repository.js';
import { NotifyFollowersWhenPostPublished } from './notify-followers-when-post-published.handler.js';
import { NotifyWhenUserFollowed } from './notify-when-user-followed.handler.js';

const [follower, author] = [uuidv7(), uuidv7()];
let sequence = 0;

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 12, minute));
const event = (type: string, minute: number, data: unknown) => ({
  id: uuidv7(),
  type,
  key: '',
  sequence: ++sequence,
  time: at(minute),
  data,
});
const follows = (minute: number) => event(UserFollowedV1.type, minute, { followerId: follower, followeeId: author });
const unfollows = (minute: number) =>
  event(UserUnfollowedV1.type, minute, { followerId: follower, followeeId: author });
const publishes = (minute: number) =>
  event(PostPublishedV1.type, minute, {
    postId: uuidv7(),
    authorId: author,
    slug: 's',
    title: `at ${minute}`,
    summary: null,
    tags: [],
    mentions: [],
    version: 1,
  });

describe('The fan-out', () => {
  let test: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    test = await testDatabase('notifications');
    ({ database } = test);
  });

  afterAll(async () => {
    await test.close();
  });

  beforeEach(async () => {
    await database.query('truncate notifications, publications, follow_intervals');
  });

  const deliver = async (each: Event<never> | ReturnType<typeof event>) => {
    const notifications = new NotificationsRepository(database);
    const { fanOut } = fanOutOn(database);
    const handler =
      each.type === PostPublishedV1.type
        ? new NotifyFollowersWhenPostPublished(fanOut)
        : new NotifyWhenUserFollowed(notifications, fanOut);
    await database.transaction(() => handler.handle([each as Event<never>]));
  };
  const notifiedMinutes = async () => {
    const rows = await database.query<{ time: Date }>(
      `select created_at as time from notifications where recipient_id = $1 and type = 'post.published' and state = 'shown' order by 1`,
      [follower],
    );
    return rows.map((row) => row.time.getUTCMinutes());
  };

  it('gives the same result in any order of the two topics', async () => {
    const graph = [follows(10), unfollows(20), follows(30)];
    const posts = [publishes(5), publishes(10), publishes(15), publishes(20), publishes(25), publishes(35)];
    const orders = interleavings<ReturnType<typeof event>>(graph, posts);
    expect(orders).toHaveLength(84);
    for (const order of orders) {
      await database.query('truncate notifications, publications, follow_intervals');
      for (const each of order) await deliver(each);
      expect(await notifiedMinutes()).toEqual([10, 15, 20, 35]);
    }
  });

  it('adds nothing when all events are redelivered, in any order and without inbox rows', async () => {
    const events = [follows(10), publishes(15), unfollows(20), publishes(25), follows(30), publishes(35)];
    for (const each of events) await deliver(each);
    const all = () => database.query('select * from notifications order by id');
    const before = await all();
    for (const each of [...events, ...events.toReversed()]) await deliver(each);
    expect(await all()).toEqual(before);
  });

  it('keeps read notifications and withdraws unread ones when an unfollow arrives late', async () => {
    for (const each of [follows(10), publishes(15), publishes(25), publishes(26)]) await deliver(each);
    await database.query('update notifications set read_at = now() where created_at = $1', [at(25)]);
    await deliver(unfollows(20));
    expect(await notifiedMinutes()).toEqual([15, 25]);
  });

  it('notifies the follower when a follow and a publication are handled concurrently', async () => {
    for (let round = 0; round < 20; round++) {
      await database.query('truncate notifications, publications, follow_intervals');
      await Promise.all([deliver(follows(10)), deliver(publishes(15))]);
      expect(await notifiedMinutes()).toEqual([15]);
    }
  });

  describe('to many followers', () => {
    const MANY = 2_500;
    const addFollowers = async (of: string, size: number) => {
      await database.query(
        `insert into follow_intervals (follower_id, followee_id, opened_sequence, since)
         select gen_random_uuid(), $1, 1, $2 from generate_series(1, $3)`,
        [of, at(0), size],
      );
    };
    const publishesAs = (authorId: string, minute: number) => {
      const published = publishes(minute);
      return { ...published, data: { ...(published.data as object), authorId } };
    };
    const countsOf = async (id: string) => {
      const [row] = await database.query<{ all: number; people: number }>(
        `select count(*) as all, count(distinct recipient_id) as people from notifications where event_id = $1`,
        [id],
      );
      return [row?.all, row?.people];
    };
    const jobs = () => database.query<{ event_id: string }>('select event_id from fan_out_jobs order by served_at');
    const followerAt = async (n: number) =>
      (
        await database.query<{ id: string }>(
          `select follower_id as id from follow_intervals where followee_id = $1 order by follower_id offset $2 limit 1`,
          [author, n],
        )
      )[0]?.id ?? '';

    beforeEach(async () => {
      await database.query('truncate fan_out_jobs');
    });

    it('runs as a job in slices above 1,000 followers and notifies each once', async () => {
      await addFollowers(author, MANY);
      const [small, large] = [uuidv7(), publishes(5)];
      await addFollowers(small, 10);
      const other = publishesAs(small, 6);
      const { fanOut, worker } = fanOutOn(database);
      await database.transaction(() => fanOut.published([large, other] as Event<never>[]));
      // The other publications of the batch do not wait for the job.
      expect([await countsOf(large.id), await countsOf(other.id)]).toEqual([
        [0, 0],
        [10, 10],
      ]);
      const progress: unknown[] = [];
      while ((await jobs()).length > 0) {
        await worker.turn();
        progress.push((await countsOf(large.id))[0]);
      }
      expect(progress).toEqual([1_000, 2_000, 2_500]);
      expect(await countsOf(large.id)).toEqual([MANY, MANY]);
    });

    it('is limited per batch, not per event', async () => {
      const authors = [uuidv7(), uuidv7(), uuidv7()];
      for (const each of authors) await addFollowers(each, 400);
      const events = authors.map((each, n) => publishesAs(each, n));
      const { fanOut } = fanOutOn(database);
      await database.transaction(() => fanOut.published(events as Event<never>[]));
      const counts = await Promise.all(events.map(({ id }) => countsOf(id)));
      expect(counts.map(([all]) => all)).toEqual([400, 400, 0]);
      expect(await jobs()).toEqual([{ event_id: events[2]?.id }]);
    });

    it('processes its jobs in turn, even if one fails', async () => {
      await addFollowers(author, MANY);
      const events = [publishes(5), publishes(6)];
      const { fanOut, worker, repository } = fanOutOn(database);
      for (const each of events) await database.transaction(() => fanOut.published([each] as Event<never>[]));
      await worker.turn();
      await worker.turn();
      for (const { id } of events) expect((await countsOf(id))[0]).toBe(1_000);
      const originalRunSlice = repository.runSlice.bind(repository);
      repository.runSlice = async (job, size) => {
        if (job.eventId === events[0]?.id) throw new Error('no');
        await originalRunSlice(job, size);
      };
      await expect(worker.turn()).rejects.toThrow('no');
      await worker.turn();
      expect((await countsOf(events[1]?.id ?? ''))[0]).toBe(2_000);
    });

    it('gives the same result if users follow or unfollow while it runs', async () => {
      await addFollowers(author, MANY);
      const published = publishes(15);
      const { fanOut, worker } = fanOutOn(database);
      await database.transaction(() => fanOut.published([published] as Event<never>[]));
      await worker.turn();
      // Unfollows and follows from before the publication, on both sides of the cursor.
      const [before, behind] = [await followerAt(10), await followerAt(2_000)];
      const ends = (follower: string) => ({
        ...unfollows(10),
        sequence: 2,
        data: { followerId: follower, followeeId: author },
      });
      for (const each of [before, behind]) await deliver(ends(each));
      const lowest = '00000000-0000-7000-8000-000000000000';
      const highest = 'ffffffff-ffff-7fff-bfff-ffffffffffff';
      for (const each of [lowest, highest]) {
        await deliver({ ...follows(10), data: { followerId: each, followeeId: author } });
      }
      while ((await jobs()).length > 0) await worker.turn();
      const shown = await database.query<{ id: string }>(
        `select recipient_id as id from notifications where event_id = $1 and state = 'shown'`,
        [published.id],
      );
      const ids = shown.map(({ id }) => id);
      expect(ids).toHaveLength(MANY);
      expect([before, behind, lowest, highest].map((each) => ids.includes(each))).toEqual([false, false, true, true]);
    });

    it('is shared by workers, survives a rollback and adds nothing when the event is redelivered', async () => {
      await addFollowers(author, MANY);
      const published = publishes(5);
      const [one, other] = [fanOutOn(database), fanOutOn(database)];
      await database.transaction(() => one.fanOut.published([published] as Event<never>[]));
      const failed = database.transaction(async () => {
        const job = await one.repository.takeJob();
        if (job) await one.repository.runSlice(job, 1_000);
        throw new Error('the process ended');
      });
      await expect(failed).rejects.toThrow('the process ended');
      while ((await jobs()).length > 0) await Promise.all([one.worker.turn(), other.worker.turn()]);
      expect(await countsOf(published.id)).toEqual([MANY, MANY]);
      await database.transaction(() => one.fanOut.published([published] as Event<never>[]));
      while ((await jobs()).length > 0) await other.worker.turn();
      expect(await countsOf(published.id)).toEqual([MANY, MANY]);
    });

    it('reads a bounded number of pages per publication and slice, however many followers others have', async () => {
      const other = uuidv7();
      await addFollowers(author, 50_000);
      await addFollowers(other, 3);
      await database.query('vacuum analyze follow_intervals');
      const published = publishes(5);
      const { fanOut } = fanOutOn(database);
      const pagesOf = async (work: (repository: FanOutRepository) => Promise<unknown>) => {
        const pages = await buffersOf(database, (counted) => work(new FanOutRepository(counted)));
        return pages.reduce((sum, each) => sum + each, 0);
      };
      const publication = await pagesOf((repository) =>
        repository.addPublications([publishesAs(other, 6)] as Event<never>[], 1_000),
      );
      await database.transaction(() => fanOut.published([published] as Event<never>[]));
      const job = { eventId: published.id, authorId: author, after: null };
      const slices: number[] = [];
      while ((await jobs()).length > 0) slices.push(await pagesOf((repository) => repository.runSlice(job, 1_000)));
      expect(publication).toBeLessThan(100);
      expect(slices).toHaveLength(51);
      expect(Math.max(...slices)).toBeLessThan(2 * (slices[0] ?? 0));
    });

    it('generates version 7 UUIDs with the current time', async () => {
      const rows = await database.query<{ id: string }>('select uuid_v7() as id from generate_series(1, 100)');
      const now = Date.now();
      for (const { id } of rows) {
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(Math.abs(Number.parseInt(id.replace('-', '').slice(0, 12), 16) - now)).toBeLessThan(60_000);
      }
    });
  });
});
