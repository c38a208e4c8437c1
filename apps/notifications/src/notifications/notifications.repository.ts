import { Injectable } from '@nestjs/common';
import type { EventData, PostPublishedV1, UserCreatedV1 } from '#contracts';
import { Database } from '#database';
import type { Position } from '#runtime';
import { v7 as uuidv7 } from 'uuid';
import { lockEach } from './locks.js';
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

export interface NotificationRow {
  readonly id: string;
  readonly type: NotificationType;
  readonly createdAt: Date;
  readonly readAt: Date | null;
  readonly actor: Notification['actor'];
  readonly subject: Notification['subject'];
}

export interface KeptComment {
  readonly id: string;
  readonly postId: string;
  readonly excerpt: string;
  readonly deleted: boolean;
}

const SELECT = `
  select n.id, n.type, n.created_at as "createdAt", n.read_at as "readAt",
    case when a.id is not null then
      json_build_object('id', a.id, 'handle', a.handle, 'displayName', a.display_name, 'imageUrl', a.image_url) end as actor,
    case when n.comment_id is null and p.id is not null then
        json_build_object('type', 'post', 'id', p.id, 'slug', p.slug, 'title', p.title)
      when c.id is not null and p.id is not null then json_build_object('type', 'comment', 'id', c.id, 'excerpt', c.excerpt,
        'post', json_build_object('id', p.id, 'slug', p.slug, 'title', p.title)) end as subject
  from notifications n left join people a on a.id = n.actor_id left join posts p on p.id = n.post_id and p.visible
    left join comments c on c.id = n.comment_id and not c.deleted`;

/**
 * SQL that stores the notifications that another SELECT gives, in the order of their recipients, so that two statements
 * never wait for each other. What is there already stays as it is; see `NotificationsRepository.add`.
 */
export function insertNotifications(source: string): string {
  return `insert into notifications as o (id, recipient_id, event_id, type, actor_id, post_id, comment_id, created_at, state)
    select n.id, "recipientId", "eventId", n.type, "actorId", "postId", "commentId", "createdAt",
      case when c.deleted then 'withdrawn' when p.in_app is false then 'suppressed' else 'shown' end
    from (${source}) as n left join preferences p on p.recipient_id = n."recipientId" and p.type = n.type
      left join comments c on c.id = n."commentId"
    order by "recipientId", "eventId"
    on conflict (event_id, recipient_id) do update set type = excluded.type, state = excluded.state
    where (o.type = 'post.published' and excluded.type = 'mention' and o.read_at is null)
      or (o.type = excluded.type and o.type in ('post.published', 'mention') and o.state = 'withdrawn'
        and not exists (select from comments c where c.id = o.comment_id and c.deleted))`;
}

const ADD = insertNotifications(`select * from json_to_recordset($1) as n (id uuid, "recipientId" uuid, "eventId" uuid,
  type text, "actorId" uuid, "postId" uuid, "commentId" uuid, "createdAt" timestamptz)`);

@Injectable()
export class NotificationsRepository {
  constructor(private readonly database: Database) {}

  async list(
    recipientId: string,
    unreadOnly: boolean,
    after: Position | undefined,
    limit: number,
  ): Promise<NotificationRow[]> {
    const unread = unreadOnly ? 'and n.read_at is null' : '';
    const keyset = after ? 'and (n.created_at, n.id) < ($2::timestamptz, $3::uuid)' : '';
    return this.database.query<NotificationRow>(
      `${SELECT} where n.recipient_id = $1 and n.state = 'shown' ${unread} ${keyset}
       order by n.created_at desc, n.id desc limit ${limit}`,
      after ? [recipientId, after.value, after.id] : [recipientId],
    );
  }

  async countUnread(recipientId: string): Promise<number> {
    const [row] = await this.database.query<{ unread: number }>(
      `select count(*) as unread from notifications where recipient_id = $1 and state = 'shown' and read_at is null`,
      [recipientId],
    );
    return row?.unread ?? 0;
  }

  async markRead(recipientId: string, id: string): Promise<NotificationRow | undefined> {
    const marked = await this.database.query(
      `update notifications set read_at = coalesce(read_at, now())
       where id = $1 and recipient_id = $2 and state = 'shown' returning 1`,
      [id, recipientId],
    );
    if (marked.length === 0) return undefined;
    const [row] = await this.database.query<NotificationRow>(`${SELECT} where n.id = $1`, [id]);
    return row;
  }

  async markAllRead(recipientId: string): Promise<void> {
    await this.database.query(
      `update notifications set read_at = now() where recipient_id = $1 and state = 'shown' and read_at is null`,
      [recipientId],
    );
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
    await this.database.query(ADD, [JSON.stringify(rows)]);
  }

  /** What was read stays read. */
  async withdrawOfComments(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.database.query(
      `update notifications set state = 'withdrawn' where comment_id = any($1) and read_at is null and state <> 'withdrawn'`,
      [ids],
    );
  }

  async addRecipients(ids: readonly string[]): Promise<void> {
    await this.database.query('insert into recipients (id) select unnest($1::uuid[]) on conflict do nothing', [ids]);
  }

  /** An older version never replaces a newer one. */
  async upsertPeople(profiles: readonly EventData<typeof UserCreatedV1>[]): Promise<void> {
    await this.database.query(
      `insert into people as p (id, handle, display_name, image_url, version)
       select distinct on (id) id, handle, "displayName", "imageUrl", version from json_to_recordset($1)
         as n (id uuid, handle text, "displayName" text, "imageUrl" text, version bigint)
       order by id, version desc
       on conflict (id) do update set handle = excluded.handle, display_name = excluded.display_name,
         image_url = excluded.image_url, version = excluded.version where p.version < excluded.version`,
      [JSON.stringify(profiles)],
    );
  }

  /** As upsertPeople; and what is deleted stays deleted. */
  async upsertPosts(
    posts: readonly (EventData<typeof PostPublishedV1> & { deleted: boolean; visible: boolean })[],
  ): Promise<void> {
    await this.database.query(
      `insert into posts as p (id, author_id, slug, title, version, deleted, visible)
       select distinct on ("postId") "postId", "authorId", slug, title, version, deleted, visible
       from json_to_recordset($1)
         as n ("postId" uuid, "authorId" uuid, slug text, title text, version bigint, deleted boolean, visible boolean)
       order by "postId", deleted desc, version desc
       on conflict (id) do update set slug = excluded.slug, title = excluded.title, version = excluded.version,
         deleted = excluded.deleted, visible = excluded.visible
       where not p.deleted and (p.version < excluded.version or excluded.deleted)`,
      [JSON.stringify(posts)],
    );
  }

  /** What is deleted stays deleted, and nobody needs to hear of it any longer. */
  async upsertComments(comments: readonly KeptComment[]): Promise<void> {
    const deleted = comments.filter((comment) => comment.deleted).map((comment) => comment.id);
    await this.lockComments(deleted);
    await this.database.query(
      `insert into comments as c (id, post_id, excerpt, deleted)
       select distinct on (id) id, "postId", excerpt, deleted from json_to_recordset($1)
         as n (id uuid, "postId" uuid, excerpt text, deleted boolean) order by id, deleted desc
       on conflict (id) do update set excerpt = excluded.excerpt, deleted = true where excluded.deleted`,
      [JSON.stringify(comments)],
    );
    await this.withdrawOfComments(deleted);
  }

  /** Who tells of a comment and who deletes it may do so at once: a dead letter that is replayed comes late. */
  private async lockComments(ids: readonly string[]): Promise<void> {
    await lockEach(this.database, 'comment', ids);
  }
}
