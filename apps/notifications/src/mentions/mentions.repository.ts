import { Injectable } from '@nestjs/common';
import { type RawBuilder, sql } from 'kysely';
import { Database, type Expired, once } from '#database';
import { FOLLOWED_AT_THE_TIME } from '../fan-out/fan-out.repository.js';
import type { Stored } from '../notifications/insert-notifications.repository.js';
import type { NewNotification } from '../notifications/notifications.repository.js';
import { db } from '../tables.js';

export interface Mention {
  readonly eventId: string;
  readonly handle: string;
  readonly actorId: string;
  readonly postId: string;
  readonly commentId?: string;
  readonly at: Date;
}

/** Whom the latest known text of a post mentions. */
export interface KnownText {
  readonly version: number;
  readonly handles: readonly string[];
}

/** From when on a user had a handle, as a version of the profile says. */
export interface HandleTaken {
  readonly personId: string;
  readonly handle: string;
  readonly version: number;
  readonly since: Date;
}

/** The holder of the handle of mention m when it was written: the latest to take it who had not yet taken another. */
const HOLDER = sql`
  select h.person_id from handles h
  where h.handle = m.handle and h.since <= m.mentioned_at and not exists (select from handles later
    where later.person_id = h.person_id and later.version > h.version and later.since <= m.mentioned_at)
  order by h.since desc limit 1`;

interface Since {
  readonly people: readonly string[];
  readonly since: Date;
}

/** Unread notifications n of a mention that meant another holder of the handle. */
const misdirected = ({ people, since }: Since) => sql`n.recipient_id = any(${people}) and n.created_at >= ${since}
  and n.type = 'mention' and n.state <> 'withdrawn' and n.read_at is null and not exists (
    select from mentions m cross join lateral (${HOLDER}) h
    where m.event_id = n.event_id and h.person_id = n.recipient_id)`;

const meant = (where: RawBuilder<unknown>) => sql<Omit<NewNotification, 'type'>>`
  select m.event_id as "eventId", m.actor_id as "actorId", m.post_id as "postId", m.comment_id as "commentId",
    m.mentioned_at as "createdAt", h.person_id as "recipientId"
  from mentions m cross join lateral (${HOLDER}) h where ${where} and h.person_id <> m.actor_id`;

/** Not `exists`: Postgres would hash all publications with all follow intervals. */
const FOLLOWS = sql`coalesce((
  select true from publications p join follow_intervals f on f.followee_id = p.author_id and ${FOLLOWED_AT_THE_TIME}
  where p.event_id = n.event_id and f.follower_id = n.recipient_id limit 1), false)`;

const addMentions = once(
  'mentions: add mentions',
  ({ rows }: { rows: string }) => sql<never>`
    insert into mentions (event_id, handle, actor_id, post_id, comment_id, mentioned_at)
    select "eventId", handle, "actorId", "postId", "commentId", at from json_to_recordset(${rows}) as m
      ("eventId" uuid, handle text, "actorId" uuid, "postId" uuid, "commentId" uuid, at timestamptz)
    on conflict do nothing`,
);
const textsOf = once('mentions: texts of', ({ ids }: { ids: readonly string[] }) =>
  db
    .selectFrom('postMentions')
    .select(['postId', 'version', 'handles'])
    .where('postId', '=', sql<string>`any(${ids})`),
);
const keepTexts = once(
  'mentions: keep texts',
  ({ rows }: { rows: string }) => sql<never>`
    insert into post_mentions as m (post_id, version, handles)
    select "postId", version, handles from json_to_recordset(${rows}) as n ("postId" uuid, version bigint, handles text[])
    order by "postId"
    on conflict (post_id) do update set version = excluded.version, handles = excluded.handles
    where m.version < excluded.version`,
);
const handlesOf = once('mentions: handles of', ({ people }: { people: readonly string[] }) =>
  db
    .selectFrom('handles')
    .select('handle')
    .distinct()
    .where('personId', '=', sql<string>`any(${people})`),
);
const addHandles = once(
  'mentions: add handles',
  ({ rows }: { rows: string }) => sql<never>`
    insert into handles as h (person_id, version, handle, since)
    select "personId", version, min(handle), min(since) from json_to_recordset(${rows}) as n
      ("personId" uuid, version bigint, handle text, since timestamptz) group by 1, 2
    on conflict (person_id, version) do update set since = least(h.since, excluded.since)`,
);
const meantByEvents = once('mentions: meant by events', ({ ids }: { ids: readonly string[] }) =>
  meant(sql`m.event_id = any(${ids})`),
);
const meantByHandles = once(
  'mentions: meant by handles',
  ({ handles, since }: { handles: readonly string[]; since: Date }) =>
    meant(sql`m.handle = any(${handles}) and m.mentioned_at >= ${since}`),
);
const misdirectedAuthors = once(
  'mentions: authors of misdirected',
  (given: Since) => sql<{ author: string }>`
    select distinct n.actor_id as author from notifications n where ${misdirected(given)}`,
);
const correctMisdirected = once(
  'mentions: correct misdirected',
  (given: Since) => sql<Stored>`
    with taken as (
      select n.id, n.recipient_id, case when n.comment_id is null then 'post.published' else n.type end as type,
        n.comment_id is null and ${FOLLOWS} as follows
      from notifications n where ${misdirected(given)})
    update notifications n set type = t.type,
      state = case when not t.follows then 'withdrawn' when p.in_app is false then 'suppressed' else 'shown' end
    from taken t left join preferences p on p.recipient_id = t.recipient_id and p.type = t.type where n.id = t.id
    returning n.recipient_id as "recipientId", case when n.comment_id is null then n.post_id end as "postId"`,
);

/** Inboxes keep rows for 14 days: no older event is delivered again, so older mentions and handles are never joined. */
export const EXPIRED_MENTIONS: readonly Expired[] = [
  { table: 'mentions', where: `mentioned_at < now() - interval '14 days'` },
  {
    table: 'handles',
    where: `exists (select from handles later where later.person_id = handles.person_id
      and later.version > handles.version and later.since < now() - interval '14 days')`,
  },
];

/** Which handles events mention, and who had which handle from when on. */
@Injectable()
export class MentionsRepository {
  constructor(private readonly database: Database) {}

  async addMentions(mentions: readonly Mention[]): Promise<void> {
    await this.database.run(addMentions({ rows: JSON.stringify(mentions) }));
  }

  /** Of these posts, those of which an event was handled. */
  async textsOf(ids: readonly string[]): Promise<[postId: string, KnownText][]> {
    const rows = await this.database.run(textsOf({ ids }));
    return rows.map(({ postId, version, handles }) => [postId, { version, handles }]);
  }

  /** A newer version stays. */
  async keepTexts(texts: ReadonlyMap<string, KnownText>): Promise<void> {
    const rows = [...texts].map(([postId, text]) => ({ postId, ...text }));
    await this.database.run(keepTexts({ rows: JSON.stringify(rows) }));
  }

  /** All handles that these users have or had. */
  async handlesOf(people: readonly string[]): Promise<string[]> {
    const rows = await this.database.run(handlesOf({ people }));
    return rows.map(({ handle }) => handle);
  }

  async addHandles(handles: readonly HandleTaken[]): Promise<void> {
    await this.database.run(addHandles({ rows: JSON.stringify(handles) }));
  }

  /** The users whom these events mention, except the actor. */
  async meantByEvents(ids: readonly string[]): Promise<Omit<NewNotification, 'type'>[]> {
    return this.database.run(meantByEvents({ ids }));
  }

  /** The users whom these handles mean in events since a time, except the actor. */
  async meantByHandles(handles: readonly string[], since: Date): Promise<Omit<NewNotification, 'type'>[]> {
    return this.database.run(meantByHandles({ handles, since }));
  }

  /** The authors of what has mentioned these users by mistake since a time: they had another handle by then. */
  async authorsOfMisdirected(people: readonly string[], since: Date): Promise<string[]> {
    const rows = await this.database.run(misdirectedAuthors({ people, since }));
    return rows.map(({ author }) => author);
  }

  /**
   * Withdraws unread notifications of mentions that meant another holder of the handle; that of a post becomes what it
   * would have been without the mention. `settleStored` what it returns.
   */
  async correctMisdirected(people: readonly string[], since: Date): Promise<Stored[]> {
    return this.database.run(correctMisdirected({ people, since }));
  }
}
