import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PostPublishedV1, UserFollowedV1, UserUnfollowedV1 } from '#contracts';
import type { Database } from '#database';
import type { Event } from '#events';
import { v7 as uuidv7 } from 'uuid';
import { interleavings } from '../../../test/support/interleavings.js';
import { testDatabase, type TestDatabase } from '../../../test/support/database.js';
import { FanOut } from './fan-out.js';
import { NotificationsRepository } from './notifications.repository.js';
import { OnPostPublished } from './on-post-published.handler.js';
import { OnUserFollowed } from './on-user-followed.handler.js';

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
    const fanOut = new FanOut(database, notifications);
    const handler =
      each.type === PostPublishedV1.type ? new OnPostPublished(fanOut) : new OnUserFollowed(notifications, fanOut);
    await database.transaction(() => handler.handle([each as Event<never>]));
  };
  const heard = async () => {
    const rows = await database.query<{ time: Date }>(
      `select created_at as time from notifications where recipient_id = $1 and type = 'post.published' and state = 'shown' order by 1`,
      [follower],
    );
    return rows.map((row) => row.time.getUTCMinutes());
  };

  it('gives the same result in whichever order the topics arrive', async () => {
    const graph = [follows(10), unfollows(20), follows(30)];
    const posts = [publishes(5), publishes(10), publishes(15), publishes(20), publishes(25), publishes(35)];
    const orders = interleavings<ReturnType<typeof event>>(graph, posts);
    expect(orders).toHaveLength(84);
    for (const order of orders) {
      await database.query('truncate notifications, publications, follow_intervals');
      for (const each of order) await deliver(each);
      expect(await heard()).toEqual([10, 15, 20, 35]);
    }
  });

  it('adds nothing when everything comes again, in order or not, with the inbox emptied', async () => {
    const events = [follows(10), publishes(15), unfollows(20), publishes(25), follows(30), publishes(35)];
    for (const each of events) await deliver(each);
    const all = () => database.query('select * from notifications order by id');
    const before = await all();
    for (const each of [...events, ...events.toReversed()]) await deliver(each);
    expect(await all()).toEqual(before);
  });

  it('leaves what was read, and withdraws what was not, when an end of following comes late', async () => {
    for (const each of [follows(10), publishes(15), publishes(25), publishes(26)]) await deliver(each);
    await database.query('update notifications set read_at = now() where created_at = $1', [at(25)]);
    await deliver(unfollows(20));
    expect(await heard()).toEqual([15, 25]);
  });

  it('misses nobody when a follow and a publication arrive at the same moment', async () => {
    for (let round = 0; round < 20; round++) {
      await database.query('truncate notifications, publications, follow_intervals');
      await Promise.all([deliver(follows(10)), deliver(publishes(15))]);
      expect(await heard()).toEqual([15]);
    }
  });
});
