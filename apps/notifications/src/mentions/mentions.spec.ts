import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CommentCreatedV1, CommentDeletedV1, PostPublishedV1, UserFollowedV1, UserUpdatedV1 } from '#contracts';
import type { Event } from '#events';
import { v7 as uuidv7 } from 'uuid';
import { interleavings } from '../../../../test/support/interleavings.js';
import { testDatabase, type TestDatabase } from '../../../../test/support/database/database.js';
import {
  clearNotifications,
  type ConsumerName,
  deliverTo,
} from '../../../../test/support/database/notification-consumers.js';

const [first, second, author, post] = [uuidv7(), uuidv7(), uuidv7(), uuidv7()];
const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 12, minute));
const event = (type: string, minute: number, data: unknown) =>
  ({ id: uuidv7(), type, key: '', sequence: 1, time: at(minute), data }) as Event<never>;

const takes = (id: string, handle: string, version: number, minute: number) =>
  event(UserUpdatedV1.type, minute, { id, handle, displayName: '', imageUrl: null, version });
const posts = (minute: number) =>
  event(PostPublishedV1.type, minute, { postId: uuidv7(), authorId: author, mentions: ['sun', 'nobody'], version: 1 });
const comments = (minute: number) =>
  event(CommentCreatedV1.type, minute, {
    commentId: uuidv7(),
    postId: post,
    parentId: null,
    actorId: author,
    postAuthorId: second,
    parentAuthorId: null,
    excerpt: '',
    mentions: ['sun'],
  });

describe('Mentions', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await testDatabase('notifications');
  });

  afterAll(async () => {
    await test.close();
  });

  const clear = () => clearNotifications(test.database);
  beforeEach(clear);

  const usual: Readonly<Record<string, ConsumerName[]>> = {
    [UserUpdatedV1.type]: ['handles'],
    [PostPublishedV1.type]: ['mentions'],
    [CommentCreatedV1.type]: ['authors'],
  };
  const deliver = async (each: Event<never>, names = usual[each.type] ?? []) => {
    for (const name of names) await deliverTo(test.database, name, [each]);
  };
  const shownNotifications = async () => {
    const rows = await test.database.query<{ time: Date; type: string; recipient: string }>(
      `select created_at as time, type, recipient_id as recipient from notifications where state = 'shown' order by 1`,
    );
    const names = new Map([
      [first, 'first'],
      [second, 'second'],
    ]);
    return rows.map(({ time, type, recipient }) => `${time.getUTCMinutes()} ${type} ${names.get(recipient)}`);
  };

  const handleChanges = [
    takes(first, 'sun', 1, 10),
    takes(first, 'moon', 2, 20),
    takes(second, 'sun', 2, 20),
    takes(second, 'star', 3, 30),
  ];
  const mentionEvents = [posts(5), posts(10), posts(19), posts(20), comments(25), posts(29), posts(30)];
  const expected = [
    '10 mention first',
    '19 mention first',
    '20 mention second',
    '25 comment.created second',
    '29 mention second',
  ];

  it('notify the user who had the handle at the time, in any order of the two topics', async () => {
    const orders = interleavings(handleChanges, mentionEvents);
    expect(orders.length).toBeGreaterThan(300);
    for (const order of orders.filter((_, index) => index % 5 === 0)) {
      await clear();
      for (const each of order) await deliver(each);
      expect(await shownNotifications()).toEqual(expected);
    }
  });

  it('add nothing when all events are redelivered', async () => {
    for (const each of [...handleChanges, ...mentionEvents]) await deliver(each);
    for (const each of [...mentionEvents.toReversed(), ...handleChanges.toReversed()]) await deliver(each);
    expect(await shownNotifications()).toEqual(expected);
  });

  it('notify the user when handle and mention are handled concurrently', async () => {
    for (let round = 0; round < 20; round++) {
      await clear();
      await Promise.all([deliver(takes(first, 'sun', 1, 10)), deliver(posts(12))]);
      expect(await shownNotifications()).toEqual(['12 mention first']);
    }
  });

  it('in a deleted comment notify no user, in any order of the events', async () => {
    const created = comments(25);
    const deleted = { ...created, id: uuidv7(), type: CommentDeletedV1.type, sequence: 2, time: at(26) };
    const handleTaken = takes(first, 'sun', 1, 10);
    const deliveries: [Event<never>, ConsumerName][][] = [
      [
        [created, 'authors'],
        [deleted, 'authors'],
      ],
      [
        [created, 'comments'],
        [deleted, 'comments'],
      ],
      [[handleTaken, 'handles']],
    ];
    const [authorEvents = [], commentEvents = [], handleEvents = []] = deliveries;
    for (const two of interleavings(authorEvents, commentEvents)) {
      for (const order of interleavings(two, handleEvents)) {
        await clear();
        for (const [each, name] of order) await deliver(each, [name]);
        await deliver(created, ['authors']);
        expect(await shownNotifications()).toEqual([]);
      }
    }
  });

  it.each([
    ['nothing', [], ['10 post.published first', '20 mention first']],
    ['posts', ['post.published'], ['20 mention first']],
    ['mentions', ['mention'], ['10 post.published first']],
  ])(
    'take precedence over publications of followed authors, with %s disabled in the preferences',
    async (_, off, shown) => {
      const handleChanges = [takes(first, 'moon', 1, 1), takes(first, 'sun', 2, 15)];
      const follow = event(UserFollowedV1.type, 2, { followerId: first, followeeId: author });
      const publications = [posts(10), posts(20)];
      const deliveries: [Event<never>, ConsumerName][] = publications.flatMap(
        (each): [Event<never>, ConsumerName][] => [
          [each, 'mentions'],
          [each, 'fanOut'],
        ],
      );
      const people: [Event<never>, ConsumerName][] = [
        ...handleChanges.map((each): [Event<never>, ConsumerName] => [each, 'handles']),
        [follow, 'follows'],
      ];
      for (const order of interleavings(deliveries, people)) {
        await clear();
        for (const type of off) {
          await test.database.query('insert into preferences values ($1, $2, false, true, true)', [first, type]);
        }
        for (const [each, name] of order) await deliver(each, [name]);
        expect((await shownNotifications()).filter((line) => line.endsWith(' first'))).toEqual(shown);
      }
    },
  );
});
