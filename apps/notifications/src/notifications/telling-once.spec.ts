import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PostPublishedV1, PostUpdatedV1, UserCreatedV1, UserFollowedV1, UserUnfollowedV1 } from '#contracts';
import type { Event } from '#events';
import { v7 as uuidv7 } from 'uuid';
import { testDatabase, type TestDatabase } from '../../../../test/support/database/database.js';
import {
  clearNotifications,
  type ConsumerName,
  deliverTo,
} from '../../../../test/support/database/notification-consumers.js';
import { interleavings } from '../../../../test/support/interleavings.js';

const [reader, author, post] = [uuidv7(), uuidv7(), uuidv7()];
let sequence = 0;
const event = (type: string, minute: number, data: unknown, day = 1) =>
  ({ id: uuidv7(), type, key: '', sequence: ++sequence, time: at(minute, day), data }) as Event<never>;
const at = (minute: number, day = 1) => new Date(Date.UTC(2026, 0, day, 12, minute));

const textOf = (minute: number, mentions: readonly string[]) => {
  return { postId: post, authorId: author, mentions, version: minute };
};
const published = (minute: number, ...mentions: string[]) =>
  event(PostPublishedV1.type, minute, textOf(minute, mentions));
const edited = (minute: number, ...mentions: string[]) => event(PostUpdatedV1.type, minute, textOf(minute, mentions));
const pair = { followerId: reader, followeeId: author };
const follows = (minute: number, day?: number) => event(UserFollowedV1.type, minute, pair, day);
const unfollows = (minute: number) => event(UserUnfollowedV1.type, minute, pair);
const hasHandle = (minute: number) =>
  event(UserCreatedV1.type, minute, { id: reader, handle: 'sun', displayName: '', imageUrl: null, version: 1 });

describe('A user', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await testDatabase('notifications');
  });

  afterAll(async () => {
    await test.close();
  });

  const clear = () => clearNotifications(test.database);
  beforeEach(clear);

  const told = async (recipient = reader) => {
    const rows = await test.database.query<{ time: Date; type: string }>(
      `select created_at as time, type from notifications where recipient_id = $1 and state = 'shown' order by 1`,
      [recipient],
    );
    return rows.map(({ time, type }) => `${time.getUTCMinutes()} ${type}`);
  };

  /** Delivers the events to the consumers in many orders: each consumer keeps its own. */
  const expectInAnyOrder = async (history: readonly Event<never>[], expected: readonly string[], step = 1) => {
    const topics: [ConsumerName, readonly string[]][] = [
      ['mentions', [PostPublishedV1.type, PostUpdatedV1.type]],
      ['fanOut', [PostPublishedV1.type]],
      ['follows', [UserFollowedV1.type, UserUnfollowedV1.type]],
      ['handles', [UserCreatedV1.type]],
    ];
    const deliveries = topics.map(([consumer, types]) =>
      history.filter(({ type }) => types.includes(type)).map((each) => ({ consumer, each })),
    );
    const [posts = [], fanOut = [], graph = [], people = []] = deliveries;
    const orders = interleavings(posts, fanOut)
      .flatMap((two) => interleavings(two, graph))
      .flatMap((three) => interleavings(three, people))
      .filter((_, index) => index % step === 0);
    expect(orders.length).toBeGreaterThan(20);
    for (const order of orders) {
      await clear();
      for (const { consumer, each } of order) await deliverTo(test.database, consumer, [each]);
      expect({ order, told: await told() }).toEqual({ order, told: expected });
    }
    // Each consumer's events in one batch, and all of them again.
    await clear();
    for (let round = 0; round < 2; round++) {
      for (const [consumer, types] of topics) {
        const batch = history.filter(({ type }) => types.includes(type));
        if (batch.length > 0) await deliverTo(test.database, consumer, batch);
      }
      expect(await told()).toEqual(expected);
    }
  };

  it('is told once of a post that is published again', async () => {
    await expectInAnyOrder([follows(1), published(10), published(20), published(30)], ['10 post.published'], 3);
  });

  it('is told of the first publication since the follow', async () => {
    const history = [follows(1), unfollows(5), published(10), follows(15), published(20), published(30)];
    await expectInAnyOrder(history, ['20 post.published'], 20);
  });

  it('is told of a mention that an edit adds, once', async () => {
    const history = [hasHandle(1), follows(2), published(10), edited(12, 'sun'), edited(14, 'sun')];
    await expectInAnyOrder(history, ['10 post.published', '12 mention'], 5);
  });

  it('is not told of a publication after a mention', async () => {
    const history = [hasHandle(1), published(10, 'sun'), follows(15), published(20), published(30, 'sun')];
    await expectInAnyOrder(history, ['10 mention'], 25);
  });

  const consumerOf = (each: Event<never>): ConsumerName => (each.type === PostPublishedV1.type ? 'fanOut' : 'follows');
  const deliver = (consumer: ConsumerName, ...events: Event<never>[]) => deliverTo(test.database, consumer, events);

  it('is not told of a mention that an edit keeps, or that may be older than the handle', async () => {
    const text = published(10, 'sun');
    await deliver('mentions', text);
    await deliver('handles', hasHandle(15));
    await deliver('mentions', edited(20, 'sun'), edited(30, 'sun'));
    expect(await told()).toEqual([]);
    await test.database.query('truncate post_mentions');
    await deliver('mentions', edited(40, 'sun'));
    expect(await told()).toEqual([]);
    await deliver('mentions', edited(50), edited(55, 'sun'));
    expect(await told()).toEqual(['55 mention']);
    await deliver('mentions', edited(52, 'sun'), text);
    expect(await told()).toEqual(['55 mention']);
  });

  it('who does not want mentions is told of the publication', async () => {
    await test.database.query('insert into preferences values ($1, $2, false, true, true)', [reader, 'mention']);
    await deliver('handles', hasHandle(1));
    await deliver('mentions', published(10, 'sun'));
    await deliver('follows', follows(15));
    await deliver('fanOut', published(20));
    expect(await told()).toEqual(['20 post.published']);
  });

  it('who does not want mentions is told in any order of a publication without one', async () => {
    const off = () =>
      test.database.query('insert into preferences values ($1, $2, false, true, true)', [reader, 'mention']);
    const [first, second, third] = [published(10, 'sun'), published(20, 'sun'), published(30)];
    for (const order of interleavings<[ConsumerName, Event<never>]>(
      [
        ['fanOut', first],
        ['fanOut', second],
        ['fanOut', third],
      ],
      [
        ['mentions', first],
        ['mentions', second],
        ['mentions', third],
      ],
    )) {
      await clear();
      await off();
      await deliver('handles', hasHandle(1));
      await deliver('follows', follows(15));
      for (const [consumer, each] of order) await deliver(consumer, each);
      expect({ order, told: await told() }).toEqual({ order, told: ['30 post.published'] });
    }
  });

  it('keeps what was shown if a later one was read', async () => {
    const [first, second, edit] = [published(10), published(20), edited(12, 'sun')];
    await deliver('handles', hasHandle(1));
    await deliver('follows', follows(1));
    for (const each of [first, second]) await deliver('fanOut', each);
    await deliver('mentions', first, edit, second);
    await test.database.query(`update notifications set read_at = now() where type = 'mention'`);
    await deliver('follows', unfollows(15));
    expect(await told()).toEqual(['10 post.published', '12 mention']);
  });

  it('is told anew by neither, if what came first was read', async () => {
    for (const each of [follows(1), published(20)]) await deliver(consumerOf(each), each);
    await test.database.query('update notifications set read_at = now()');
    await deliver('fanOut', published(10));
    expect(await told()).toEqual(['20 post.published']);
  });

  it('who does not want the first is not told of the second', async () => {
    await test.database.query('insert into preferences values ($1, $2, false, true, true)', [reader, 'post.published']);
    for (const each of [follows(1), published(10)]) await deliver(consumerOf(each), each);
    await test.database.query('truncate preferences');
    await deliver('fanOut', published(20));
    expect(await told()).toEqual([]);
  });

  it('is told of a follower once a day', async () => {
    const [first, ...others] = [follows(1), unfollows(2), follows(3), unfollows(4), follows(5)];
    await deliver('follows', ...(first ? [first] : []));
    await deliver('follows', ...others);
    await deliver('follows', ...others, follows(6, 2));
    expect(await told(author)).toEqual(['1 user.followed', '6 user.followed']);
  });

  it('is told once if everything is handled at the same time', async () => {
    for (let round = 0; round < 20; round++) {
      await clear();
      const [first, second] = [published(10, 'sun'), published(20, 'sun')];
      await Promise.all([
        deliver('mentions', second),
        deliver('mentions', first),
        deliver('fanOut', second),
        deliver('fanOut', first),
        deliver('follows', follows(1)),
        deliver('handles', hasHandle(1)),
      ]);
      expect(await told()).toEqual(['10 mention']);
    }
  });
});
