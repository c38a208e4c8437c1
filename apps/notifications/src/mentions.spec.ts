import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CommentCreatedV1, PostPublishedV1, UserUpdatedV1 } from '#contracts';
import type { Event } from '#events';
import { v7 as uuidv7 } from 'uuid';
import { interleavings } from '../../../test/support/interleavings.js';
import { testDatabase, type TestDatabase } from '../../../test/support/database.js';
import { Mentions } from './mentions.js';
import { NotificationsRepository } from './notifications.repository.js';
import { OnCommentCreated } from './on-comment-created.handler.js';
import { OnHandleTaken } from './on-handle-taken.handler.js';
import { OnPostMentioned } from './on-post-mentioned.handler.js';

const [first, second, author, post] = [uuidv7(), uuidv7(), uuidv7(), uuidv7()];
const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 12, minute));
const event = (type: string, minute: number, data: unknown) =>
  ({ id: uuidv7(), type, key: '', sequence: 1, time: at(minute), data }) as Event<never>;

const takes = (id: string, handle: string, version: number, minute: number) =>
  event(UserUpdatedV1.type, minute, { id, handle, displayName: '', imageUrl: null, version });
const posts = (minute: number) =>
  event(PostPublishedV1.type, minute, { postId: post, authorId: author, mentions: ['sun', 'nobody'] });
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

  const clear = () => test.database.query('truncate notifications, mentions, handles');
  beforeEach(clear);

  const deliver = async (each: Event<never>) => {
    const notifications = new NotificationsRepository(test.database);
    const mentions = new Mentions(test.database, notifications);
    const handlers = {
      [UserUpdatedV1.type]: new OnHandleTaken(mentions),
      [PostPublishedV1.type]: new OnPostMentioned(mentions),
      [CommentCreatedV1.type]: new OnCommentCreated(notifications, mentions),
    };
    await test.database.transaction(async () => handlers[each.type]?.handle([each]));
  };
  const told = async () => {
    const rows = await test.database.query<{ time: Date; type: string; recipient: string }>(
      `select created_at as time, type, recipient_id as recipient from notifications where state = 'shown' order by 1`,
    );
    const names = new Map([
      [first, 'first'],
      [second, 'second'],
    ]);
    return rows.map(({ time, type, recipient }) => `${time.getUTCMinutes()} ${type} ${names.get(recipient)}`);
  };

  const naming = [
    takes(first, 'sun', 1, 10),
    takes(first, 'moon', 2, 20),
    takes(second, 'sun', 2, 20),
    takes(second, 'star', 3, 30),
  ];
  const mentioning = [posts(5), posts(10), posts(19), posts(20), comments(25), posts(29), posts(30)];
  const expected = [
    '10 mention first',
    '19 mention first',
    '20 mention second',
    '25 comment.created second',
    '29 mention second',
  ];

  it('mean whoever had the handle at the time, in whichever order the topics arrive', async () => {
    const orders = interleavings(naming, mentioning);
    expect(orders.length).toBeGreaterThan(300);
    for (const order of orders.filter((_, index) => index % 5 === 0)) {
      await clear();
      for (const each of order) await deliver(each);
      expect(await told()).toEqual(expected);
    }
  });

  it('add nothing when everything comes again', async () => {
    for (const each of [...naming, ...mentioning]) await deliver(each);
    for (const each of [...mentioning.toReversed(), ...naming.toReversed()]) await deliver(each);
    expect(await told()).toEqual(expected);
  });

  it('miss nobody when both sides arrive at the same moment', async () => {
    for (let round = 0; round < 20; round++) {
      await clear();
      await Promise.all([deliver(takes(first, 'sun', 1, 10)), deliver(posts(12))]);
      expect(await told()).toEqual(['12 mention first']);
    }
  });
});
