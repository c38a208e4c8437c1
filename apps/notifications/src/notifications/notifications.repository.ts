import { Injectable } from '@nestjs/common';
import { type InferResult, sql, type SqlBool } from 'kysely';
import { Database, once, perShape } from '#database';
import { isUsualPage, type Position } from '#runtime';
import { v7 as uuidv7 } from 'uuid';
import { db } from '../tables.js';
import { insertNotifications, settleStored } from './insert-notifications.repository.js';
import { lockEach } from './locks.repository.js';
import type { NotificationType } from './notification-types.js';
import type { Notification } from './notifications.dto.js';

export interface NewNotification {
  readonly type: NotificationType;
  readonly eventId: string;
  readonly recipientId: string;
  readonly actorId?: string;
  readonly postId?: string;
  readonly commentId?: string | undefined;
  readonly createdAt: Date;
}

export type NotificationRow = InferResult<ReturnType<typeof selectNotifications>>[number];

function selectNotifications() {
  return db
    .selectFrom('notifications as n')
    .leftJoin('people as a', 'a.id', 'n.actorId')
    .leftJoin('posts as p', (join) => join.onRef('p.id', '=', 'n.postId').on('p.visible', '=', sql.lit(true)))
    .leftJoin('comments as c', (join) => join.onRef('c.id', '=', 'n.commentId').on('c.deleted', '=', sql.lit(false)))
    .select((eb) => [
      'n.id',
      eb.ref('n.type').$castTo<NotificationType>().as('type'),
      'n.createdAt',
      'n.readAt',
      ACTOR.as('actor'),
      SUBJECT.as('subject'),
    ]);
}

const ACTOR = sql<Notification['actor']>`case when a.id is not null then
  json_build_object('id', a.id, 'handle', a.handle, 'displayName', a.display_name, 'imageUrl', a.image_url) end`;
const SUBJECT = sql<Notification['subject']>`case
  when n.comment_id is null and p.id is not null then
    json_build_object('type', 'post', 'id', p.id, 'slug', p.slug, 'title', p.title)
  when c.id is not null and p.id is not null then json_build_object('type', 'comment', 'id', c.id, 'excerpt', c.excerpt,
    'post', json_build_object('id', p.id, 'slug', p.slug, 'title', p.title)) end`;

interface ListShape {
  readonly unreadOnly: boolean;
  readonly after: boolean;
  readonly limit: number;
}

interface Given {
  readonly recipientId: string;
  /** Where a cursor stands. */
  readonly value: string;
  readonly id: string;
}

const list = perShape(
  'notifications: list',
  [
    { unreadOnly: false, after: false, limit: 20 },
    { unreadOnly: true, after: true, limit: 20 },
  ],
  ({ unreadOnly, after, limit }: ListShape, { recipientId, value, id }: Given) =>
    selectNotifications()
      .where('n.recipientId', '=', recipientId)
      .where('n.state', '=', sql.lit('shown'))
      .$if(unreadOnly, (query) => query.where('n.readAt', 'is', null))
      .$if(after, (query) => query.where(sql<SqlBool>`(n.created_at, n.id) < (${value}::timestamptz, ${id}::uuid)`))
      .orderBy('n.createdAt', 'desc')
      .orderBy('n.id', 'desc')
      .limit(sql.lit(limit)),
  isUsualPage,
);
const countUnread = once('notifications: count unread', ({ recipientId }: { recipientId: string }) =>
  db
    .selectFrom('notifications')
    .select((eb) => eb.fn.countAll<number>().as('unread'))
    .where('recipientId', '=', recipientId)
    .where('state', '=', sql.lit('shown'))
    .where('readAt', 'is', null),
);
const find = once('notifications: find', ({ id }: { id: string }) => selectNotifications().where('n.id', '=', id));
const mark = once(
  'notifications: mark',
  ({ id, recipientId, read }: { id: string; recipientId: string; read: boolean }) =>
    db
      .updateTable('notifications')
      .set({ readAt: sql<Date>`case when ${read}::boolean then coalesce(read_at, now()) end` })
      .where('id', '=', id)
      .where('recipientId', '=', recipientId)
      .where('state', '=', sql.lit('shown'))
      .returning('id'),
);
const markAllRead = once(
  'notifications: mark all read',
  ({ recipientId, before }: { recipientId: string; before: Date | null }) =>
    db
      .updateTable('notifications')
      .set({ readAt: sql<Date>`now()` })
      .where('recipientId', '=', recipientId)
      .where('state', '=', sql.lit('shown'))
      .where('readAt', 'is', null)
      .where('createdAt', '<', sql<Date>`coalesce(${before}::timestamptz, 'infinity')`),
);
const add = once('notifications: add', ({ rows }: { rows: string }) =>
  insertNotifications(sql`select * from json_to_recordset(${rows}) as n (id uuid, "recipientId" uuid, "eventId" uuid,
    type text, "actorId" uuid, "postId" uuid, "commentId" uuid, "createdAt" timestamptz)`),
);
const withdrawOfComments = once('notifications: withdraw of comments', ({ ids }: { ids: readonly string[] }) =>
  db
    .updateTable('notifications')
    .set({ state: sql.lit('withdrawn') })
    .where('commentId', '=', sql<string>`any(${ids})`)
    .where('readAt', 'is', null)
    .where('state', '<>', sql.lit('withdrawn')),
);

@Injectable()
export class NotificationsRepository {
  constructor(private readonly database: Database) {}

  async list(
    recipientId: string,
    unreadOnly: boolean,
    after: Position | undefined,
    limit: number,
  ): Promise<NotificationRow[]> {
    const shape = { unreadOnly, after: after !== undefined, limit };
    return this.database.run(list(shape, { recipientId, value: after?.value ?? '', id: after?.id ?? '' }));
  }

  async countUnread(recipientId: string): Promise<number> {
    const [row] = await this.database.run(countUnread({ recipientId }));
    return row?.unread ?? 0;
  }

  /** Marks one as read or as unread. What is read already keeps its time. */
  async mark(recipientId: string, id: string, read: boolean): Promise<NotificationRow | undefined> {
    const marked = await this.database.run(mark({ id, recipientId, read }));
    if (marked.length === 0) return undefined;
    const [row] = await this.database.run(find({ id }));
    return row;
  }

  /** Marks as read what is older than `before`. */
  async markAllRead(recipientId: string, before: Date | null = null): Promise<void> {
    await this.database.run(markAllRead({ recipientId, before }));
  }

  /**
   * One decision per event and recipient, for ever, also where a preference suppresses it: what is there already stays as
   * it is. But what two topics were joined for may turn out otherwise when a late event arrives: what was withdrawn is
   * shown again, and a `post.published` that is not read yet gives way to a mention. Nobody is told twice: see
   * `insertNotifications`. For mentions in posts, under the lock of their authors.
   */
  async add(notifications: readonly NewNotification[]): Promise<void> {
    if (notifications.length === 0) return;
    await this.lockComments(notifications.flatMap(({ commentId }) => commentId ?? []));
    const rows = notifications.map((notification) => ({ id: uuidv7(), ...notification }));
    const stored = await this.database.run(add({ rows: JSON.stringify(rows) }));
    await settleStored(this.database, stored);
  }

  /** What was read stays read. */
  async withdrawOfComments(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.database.run(withdrawOfComments({ ids }));
  }

  /** For the current transaction: the events that create and delete a comment may be handled at once, after a replay. */
  async lockComments(ids: readonly string[]): Promise<void> {
    await lockEach(this.database, 'comment', ids);
  }
}
