import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { FanOutRepository, FOLLOWED_AT_THE_TIME } from '../fan-out/fan-out.repository.js';
import { lockEach } from '../notifications/locks.js';
import { type NewNotification, NotificationsRepository } from '../notifications/notifications.repository.js';

export interface Mentioning {
  readonly eventId: string;
  readonly handles: readonly string[];
  readonly actorId: string;
  readonly postId: string;
  readonly commentId?: string;
  readonly at: Date;
}

export interface Naming {
  readonly personId: string;
  readonly handle: string;
  readonly version: number;
  readonly since: Date;
}

/**
 * Joins two topics, what mentions whom and who has which handle, and gives the same result in whichever order they arrive:
 * each side is kept, and the one that comes second finds the first. A mention means whoever had the handle at its time.
 */
@Injectable()
export class Mentions {
  constructor(
    private readonly database: Database,
    private readonly notifications: NotificationsRepository,
    private readonly fanOut: FanOutRepository,
  ) {}

  async mentioned(mentionings: readonly Mentioning[]): Promise<void> {
    const rows = mentionings.flatMap(({ handles, ...rest }) => handles.map((handle) => ({ handle, ...rest })));
    if (rows.length === 0) return;
    await lockEach(
      this.database,
      'handle',
      rows.map((row) => row.handle),
    );
    await this.database.query(
      `insert into mentions (event_id, handle, actor_id, post_id, comment_id, mentioned_at)
       select "eventId", handle, "actorId", "postId", "commentId", at from json_to_recordset($1) as m
         ("eventId" uuid, handle text, "actorId" uuid, "postId" uuid, "commentId" uuid, at timestamptz)
       on conflict do nothing`,
      [JSON.stringify(rows)],
    );
    await this.notify('m.event_id = any($1)', [mentionings.map((each) => each.eventId)]);
  }

  async named(namings: readonly Naming[]): Promise<void> {
    const handles = namings.map((naming) => naming.handle);
    await lockEach(this.database, 'handle', handles);
    await this.database.query(
      `insert into handles as h (person_id, version, handle, since)
       select "personId", version, min(handle), min(since) from json_to_recordset($1) as n
         ("personId" uuid, version bigint, handle text, since timestamptz) group by 1, 2
       on conflict (person_id, version) do update set since = least(h.since, excluded.since)`,
      [JSON.stringify(namings)],
    );
    const earliest = new Date(Math.min(...namings.map((naming) => naming.since.getTime())));
    await this.notify('m.handle = any($1) and m.mentioned_at >= $2', [handles, earliest]);
    await this.retract(
      namings.map((naming) => naming.personId),
      earliest,
    );
  }

  /**
   * Takes back what was not meant for these people, who had another handle by then as it turns out, and who have not read
   * it yet. That of a post becomes what it would have been without the mention.
   */
  private async retract(people: readonly string[], since: Date): Promise<void> {
    const concerned = await this.database.query<{ author: string }>(
      `select distinct n.actor_id as author from notifications n where ${NOT_MEANT}`,
      [people, since],
    );
    if (concerned.length === 0) return;
    // What fan-out decides of the same publications at this moment, it has decided before or decides after.
    await this.fanOut.lockAuthors(concerned.map(({ author }) => author));
    await this.database.query(
      `with taken as (
         select n.id, n.recipient_id, case when n.comment_id is null then 'post.published' else n.type end as type,
           n.comment_id is null and exists (
             select from publications p join follow_intervals f on f.followee_id = p.author_id and ${FOLLOWED_AT_THE_TIME}
             where p.event_id = n.event_id and f.follower_id = n.recipient_id) as follows
         from notifications n where ${NOT_MEANT})
       update notifications n set type = t.type,
         state = case when not t.follows then 'withdrawn' when p.in_app is false then 'suppressed' else 'shown' end
       from taken t left join preferences p on p.recipient_id = t.recipient_id and p.type = t.type where n.id = t.id`,
      [people, since],
    );
  }

  private async notify(where: string, values: readonly unknown[]): Promise<void> {
    const concerned = await this.database.query<Omit<NewNotification, 'type'>>(
      `select m.event_id as "eventId", m.actor_id as "actorId", m.post_id as "postId", m.comment_id as "commentId",
         m.mentioned_at as "createdAt", h.person_id as "recipientId"
       from mentions m cross join lateral (${HOLDER}) h where ${where} and h.person_id <> m.actor_id`,
      values,
    );
    await this.notifications.add(concerned.map((each) => ({ ...each, type: 'mention' })));
  }
}

/** Who had the handle of mention m when it was written: the latest to take it of those who had not taken another. */
const HOLDER = `
  select h.person_id from handles h
  where h.handle = m.handle and h.since <= m.mentioned_at and not exists (select from handles later
    where later.person_id = h.person_id and later.version > h.version and later.since <= m.mentioned_at)
  order by h.since desc limit 1`;

/** Of the mentions n of the people $1 since $2: those that another handle was meant by, and that nobody has read. */
const NOT_MEANT = `n.recipient_id = any($1) and n.created_at >= $2 and n.type = 'mention' and n.state <> 'withdrawn'
  and n.read_at is null and not exists (
    select from mentions m cross join lateral (${HOLDER}) h
    where m.event_id = n.event_id and h.person_id = n.recipient_id)`;
