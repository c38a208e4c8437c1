import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import type { EventData, PostPublishedV1, UserCreatedV1 } from '#contracts';
import { Database, once } from '#database';
import { NotificationsRepository } from '../notifications/notifications.repository.js';

export interface ProjectedComment {
  readonly id: string;
  readonly postId: string;
  readonly excerpt: string;
  readonly deleted: boolean;
}

const addRecipients = once(
  'projections: add recipients',
  ({ ids }: { ids: readonly string[] }) => sql<never>`
    insert into recipients (id) select unnest(${ids}::uuid[]) on conflict do nothing`,
);
const upsertPeople = once(
  'projections: upsert people',
  ({ rows }: { rows: string }) => sql<never>`
    insert into people as p (id, handle, display_name, image_url, version)
    select distinct on (id) id, handle, "displayName", "imageUrl", version from json_to_recordset(${rows})
      as n (id uuid, handle text, "displayName" text, "imageUrl" text, version bigint)
    order by id, version desc
    on conflict (id) do update set handle = excluded.handle, display_name = excluded.display_name,
      image_url = excluded.image_url, version = excluded.version where p.version < excluded.version`,
);
const upsertPosts = once(
  'projections: upsert posts',
  ({ rows }: { rows: string }) => sql<never>`
    insert into posts as p (id, author_id, slug, title, version, deleted, visible)
    select distinct on ("postId") "postId", "authorId", slug, title, version, deleted, visible
    from json_to_recordset(${rows})
      as n ("postId" uuid, "authorId" uuid, slug text, title text, version bigint, deleted boolean, visible boolean)
    order by "postId", deleted desc, version desc
    on conflict (id) do update set slug = excluded.slug, title = excluded.title, version = excluded.version,
      deleted = excluded.deleted, visible = excluded.visible
    where not p.deleted and (p.version < excluded.version or excluded.deleted)`,
);
const upsertComments = once(
  'projections: upsert comments',
  ({ rows }: { rows: string }) => sql<never>`
    insert into comments as c (id, post_id, excerpt, deleted)
    select distinct on (id) id, "postId", excerpt, deleted from json_to_recordset(${rows})
      as n (id uuid, "postId" uuid, excerpt text, deleted boolean) order by id, deleted desc
    on conflict (id) do update set excerpt = excluded.excerpt, deleted = true where excluded.deleted`,
);

/** Of the ids in $1, those that can be notified. */
export const KNOWN_ACCOUNTS = 'select id from recipients where id = any($1)';

/** The rows that this service keeps from the events of others. An older version never replaces a newer one. */
@Injectable()
export class ProjectionsRepository {
  constructor(
    private readonly database: Database,
    private readonly notifications: NotificationsRepository,
  ) {}

  async addRecipients(ids: readonly string[]): Promise<void> {
    await this.database.run(addRecipients({ ids }));
  }

  async upsertPeople(profiles: readonly EventData<typeof UserCreatedV1>[]): Promise<void> {
    await this.database.run(upsertPeople({ rows: JSON.stringify(profiles) }));
  }

  /** A deleted post stays deleted. */
  async upsertPosts(
    posts: readonly (EventData<typeof PostPublishedV1> & { deleted: boolean; visible: boolean })[],
  ): Promise<void> {
    await this.database.run(upsertPosts({ rows: JSON.stringify(posts) }));
  }

  /** A deleted comment stays deleted, and its unread notifications are withdrawn. */
  async upsertComments(comments: readonly ProjectedComment[]): Promise<void> {
    const deleted = comments.filter((comment) => comment.deleted).map((comment) => comment.id);
    await this.notifications.lockComments(deleted);
    await this.database.run(upsertComments({ rows: JSON.stringify(comments) }));
    await this.notifications.withdrawOfComments(deleted);
  }
}
