import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CommentCreatedV1, CommentDeletedV1, PostPublishedV1, UserFollowedV1, UserUpdatedV1 } from '#contracts';
import type { Event } from '#events';
import { v7 as uuidv7 } from 'uuid';
import { interleavings } from '../../../../test/support/interleavings.js';
import { testDatabase, type TestDatabase } from '../../../../test/support/database.js';
import { fanOutOn } from '../../../../test/support/fan-out.js';
import { Mentions } from './mentions.js';
import { NotificationsRepository } from '../notifications/notifications.repository.js';
import { ProjectComments } from '../projections/project-comments.handler.js';
import { NotifyAuthorsWhenCommentCreated } from '../notifications/notify-authors-when-comment-created.handler.js';
import { ResolveMentionsWhenHandleTaken } from './resolve-mentions-when-handle-taken.handler.js';
import { NotifyMentionedWhenPostPublished } from './notify-mentioned-when-post-published.handler.js';
import { NotifyFollowersWhenPostPublished } from '../fan-out/notify-followers-when-post-published.handler.js';
import { ProjectionsRepository } from '../projections/projections.repository.js';
import { MentionsRepository } from './mentions.repository.js';
import { NotifyWhenUserFollowed } from '../fan-out/notify-when-user-followed.handler.js';

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

  const clear = () =>
    test.database.query(
      'truncate notifications, mentions, handles, comments, publications, follow_intervals, preferences',
    );
  beforeEach(clear);

  /** One consumer each, as they are delivered apart. */
  const consumers = () => {
    const notifications = new NotificationsRepository(test.database);
    const { fanOut, repository } = fanOutOn(test.database);
    const mentions = new Mentions(test.database, new MentionsRepository(test.database), notifications, repository);
    return {
      handles: new ResolveMentionsWhenHandleTaken(mentions),
      mentions: new NotifyMentionedWhenPostPublished(mentions),
      fanOut: new NotifyFollowersWhenPostPublished(fanOut),
      follows: new NotifyWhenUserFollowed(notifications, fanOut),
      told: new NotifyAuthorsWhenCommentCreated(notifications, mentions),
      comments: new ProjectComments(new ProjectionsRepository(test.database, notifications)),
    };
  };
  type Name = keyof ReturnType<typeof consumers>;
  const usual: Readonly<Record<string, Name[]>> = {
    [UserUpdatedV1.type]: ['handles'],
    [PostPublishedV1.type]: ['mentions'],
    [CommentCreatedV1.type]: ['told'],
  };
  const deliver = async (each: Event<never>, names = usual[each.type] ?? []) => {
    for (const name of names) await test.database.transaction(() => consumers()[name].handle([each]));
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

  it('in a comment that is deleted are heard of by nobody, whatever comes first', async () => {
    const created = comments(25);
    const deleted = { ...created, id: uuidv7(), type: CommentDeletedV1.type, sequence: 2, time: at(26) };
    const named = takes(first, 'sun', 1, 10);
    const ways: [Event<never>, Name][][] = [
      [
        [created, 'told'],
        [deleted, 'told'],
      ],
      [
        [created, 'comments'],
        [deleted, 'comments'],
      ],
      [[named, 'handles']],
    ];
    const [toldWay = [], commentsWay = [], namedWay = []] = ways;
    for (const two of interleavings(toldWay, commentsWay)) {
      for (const order of interleavings(two, namedWay)) {
        await clear();
        for (const [each, name] of order) await deliver(each, [name]);
        await deliver(created, ['told']);
        expect(await told()).toEqual([]);
      }
    }
  });

  it.each([
    ['nothing', [], ['10 post.published first', '20 mention first']],
    ['posts', ['post.published'], ['20 mention first']],
    ['mentions', ['mention'], ['10 post.published first']],
  ])(
    'and the posts of those one follows give way as they should to who wants to hear of all but %s',
    async (_, off, shown) => {
      const naming = [takes(first, 'moon', 1, 1), takes(first, 'sun', 2, 15)];
      const follow = event(UserFollowedV1.type, 2, { followerId: first, followeeId: author });
      const publications = [posts(10), posts(20)];
      const ways: [Event<never>, Name][] = publications.flatMap((each): [Event<never>, Name][] => [
        [each, 'mentions'],
        [each, 'fanOut'],
      ]);
      const people: [Event<never>, Name][] = [
        ...naming.map((each): [Event<never>, Name] => [each, 'handles']),
        [follow, 'follows'],
      ];
      for (const order of interleavings(ways, people)) {
        await clear();
        for (const type of off) {
          await test.database.query('insert into preferences values ($1, $2, false, true, true)', [first, type]);
        }
        for (const [each, name] of order) await deliver(each, [name]);
        expect((await told()).filter((line) => line.endsWith(' first'))).toEqual(shown);
      }
    },
  );
});
