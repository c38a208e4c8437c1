import { Injectable } from '@nestjs/common';
import { type InferResult, type RawBuilder, sql, type SqlBool } from 'kysely';
import { Database, once, perShape } from '#database';
import type { Position } from '#runtime';
import { v7 as uuidv7 } from 'uuid';
import { db } from '../tables.js';
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

/**
 * SQL that stores the notifications that another SELECT gives, in the order of their recipients, so that two statements
 * never wait for each other. An existing notification stays as it is; see `NotificationsRepository.add`.
 */
export function insertNotifications(source: RawBuilder<unknown>): RawBuilder<never> {
  return sql<never>`insert into notifications as o (id, recipient_id, event_id, type, actor_id, post_id, comment_id, created_at, state)
    select n.id, "recipientId", "eventId", n.type, "actorId", "postId", "commentId", "createdAt",
      case when c.deleted then 'withdrawn' when p.in_app is false then 'suppressed' else 'shown' end
    from (${source}) as n
      left join lateral (select in_app from preferences
        where recipient_id = n."recipientId" and type = n.type limit 1) p on true
      left join lateral (select deleted from comments where id = n."commentId" limit 1) c on true
    order by "recipientId", "eventId"
    on conflict (event_id, recipient_id) do update set type = excluded.type, state = excluded.state
    where (o.type = 'post.published' and excluded.type = 'mention' and o.read_at is null)
      or (o.type = excluded.type and o.type in ('post.published', 'mention') and o.state = 'withdrawn'
        and not exists (select from comments c where c.id = o.comment_id and c.deleted))`;
}

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
const markRead = once('notifications: mark read', ({ id, recipientId }: { id: string; recipientId: string }) =>
  db
    .updateTable('notifications')
    .set({ readAt: sql<Date>`coalesce(read_at, now())` })
    .where('id', '=', id)
    .where('recipientId', '=', recipientId)
    .where('state', '=', sql.lit('shown'))
    .returning('id'),
);
const markAllRead = once('notifications: mark all read', ({ recipientId }: { recipientId: string }) =>
  db
    .updateTable('notifications')
    .set({ readAt: sql<Date>`now()` })
    .where('recipientId', '=', recipientId)
    .where('state', '=', sql.lit('shown'))
    .where('readAt', 'is', null),
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

  async markRead(recipientId: string, id: string): Promise<NotificationRow | undefined> {
    const marked = await this.database.run(markRead({ id, recipientId }));
    if (marked.length === 0) return undefined;
    const [row] = await this.database.run(find({ id }));
    return row;
  }

  async markAllRead(recipientId: string): Promise<void> {
    await this.database.run(markAllRead({ recipientId }));
  }

  /**
   * One decision per event and recipient, for ever, also where a preference suppresses it: what is there already stays as
   * it is. But what two topics were joined for may turn out otherwise when a late event arrives: what was withdrawn is
   * shown again, and a `post.published` that is not read yet gives way to a mention.
   */
  async add(notifications: readonly NewNotification[]): Promise<void> {
    if (notifications.length === 0) return;
    await this.lockComments(notifications.flatMap(({ commentId }) => commentId ?? []));
    const rows = notifications.map((notification) => ({ id: uuidv7(), ...notification }));
    await this.database.run(add({ rows: JSON.stringify(rows) }));
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
