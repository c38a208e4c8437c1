import { type RawBuilder, sql } from 'kysely';
import { type Database, once } from '#database';

/** A post that a user was notified of. */
interface Told {
  readonly postId: string;
  readonly recipientId: string;
}

/** `postId` is null if a notification is not about a post itself, or is a publication that is `repeated`. */
export type Stored = Told | { readonly postId: null };

/**
 * SQL that stores the notifications that another SELECT gives, in the order of their recipients, so that two statements
 * never wait for each other. An existing notification stays as it is; see `NotificationsRepository.add`.
 *
 * One that repeats an earlier one is kept as `repeated`: a second mention in a post, a publication of a post that the user
 * was told of, a second follow by the same user on a day (UTC). The statement does not see what it stores itself: `settleStored`
 * afterwards what it returns, under the lock of the posts' authors.
 */
export function insertNotifications(source: RawBuilder<unknown>): RawBuilder<Stored> {
  return sql<Stored>`insert into notifications as o (id, recipient_id, event_id, type, actor_id, post_id, comment_id, created_at, state)
    select n.id, "recipientId", "eventId", n.type, "actorId", "postId", "commentId", "createdAt",
      case when c.deleted then 'withdrawn' when post.told or follower.told then 'repeated'
        when p.in_app is false then 'suppressed' else 'shown' end
    from (${source}) as n
      left join lateral (select in_app from preferences
        where recipient_id = n."recipientId" and type = n.type limit 1) p on true
      left join lateral (select deleted from comments where id = n."commentId" limit 1) c on true
      left join lateral (select true as told from notifications t
        where n."commentId" is null and n.type in ('post.published', 'mention')
          and t.post_id = n."postId" and t.recipient_id = n."recipientId" and t.event_id <> n."eventId"
          and t.comment_id is null and t.type in ('post.published', 'mention') and t.state <> 'withdrawn'
          and (t.type = n.type or (n.type = 'post.published' and t.state = 'shown'))
          and (t.read_at is not null or (t.created_at, t.event_id) < (n."createdAt", n."eventId"))
        order by t.created_at limit 1) post on true
      left join lateral (select true as told from notifications t
        where n.type = 'user.followed' and t.type = 'user.followed' and t.recipient_id = n."recipientId"
          and t.actor_id = n."actorId" and t.event_id <> n."eventId"
          and t.created_at >= date_trunc('day', n."createdAt", 'UTC')
          and t.created_at < date_trunc('day', n."createdAt", 'UTC') + interval '24 hours' limit 1) follower on true
    order by "recipientId", "eventId"
    on conflict (event_id, recipient_id) do update set type = excluded.type, state = excluded.state
    where (o.type = 'post.published' and excluded.type = 'mention' and o.read_at is null)
      or (o.type = excluded.type and o.type in ('post.published', 'mention') and o.state = 'withdrawn'
        and (select deleted from comments where id = o.comment_id) is not true)
    returning o.recipient_id as "recipientId", case when o.comment_id is null and o.type in ('post.published', 'mention')
      and (o.state <> 'repeated' or o.type = 'mention') then o.post_id end as "postId"`;
}

/**
 * SQL that decides again which notifications of these posts repeat an earlier one, after some were stored or withdrawn. Of
 * the mentions of a user in a post the first is shown; its publication only if neither another publication nor a mention
 * that is shown came earlier. What was read stays, and nothing is shown anew after it. `pairs` selects `post_id` and
 * `recipient_id`.
 */
export function settle(pairs: RawBuilder<unknown>): RawBuilder<never> {
  return sql<never>`with told as (
      select n.id, n.post_id, n.recipient_id, n.type, n.state, n.read_at, n.created_at, n.event_id,
        row_number() over (partition by n.post_id, n.recipient_id, n.type order by n.created_at, n.event_id) as nth,
        bool_or(n.read_at is not null) over (partition by n.post_id, n.recipient_id, n.type) as same_was_read,
        bool_or(n.read_at is not null) over (partition by n.post_id, n.recipient_id) as any_was_read
      from (select distinct post_id, recipient_id from (${pairs}) as given) as pairs
        join notifications n using (post_id, recipient_id)
      where n.comment_id is null and n.type in ('post.published', 'mention') and n.state <> 'withdrawn'),
    ranked as (
      select *, nth > 1 or (type = 'post.published' and coalesce(bool_or(type = 'mention' and nth = 1 and state <> 'suppressed')
          over (partition by post_id, recipient_id order by created_at, event_id rows between unbounded preceding and 1 preceding),
          false)) as later
      from told),
    decided as (
      select id, recipient_id, type, state, later or (state = 'repeated' and
        case when type = 'mention' then same_was_read else any_was_read end) as repeated
      from ranked where read_at is null)
    update notifications n set state = case when d.repeated then 'repeated' when p.in_app is false then 'suppressed' else 'shown' end
    from decided d left join preferences p on p.recipient_id = d.recipient_id and p.type = d.type
    where n.id = d.id and n.read_at is null and d.repeated <> (d.state = 'repeated')`;
}

const settlePosts = once(
  'insert-notifications: settle posts',
  ({ posts, recipients }: { posts: readonly string[]; recipients: readonly string[] }) =>
    settle(sql`select * from unnest(${posts}::uuid[], ${recipients}::uuid[]) as each (post_id, recipient_id)`),
);

/** After notifications were stored or withdrawn, as their statement returns them; see `settle`. */
export async function settleStored(database: Database, stored: readonly Stored[]): Promise<void> {
  const told = stored.filter((each): each is Told => each.postId !== null);
  if (told.length === 0) return;
  const posts = told.map(({ postId }) => postId);
  await database.run(settlePosts({ posts, recipients: told.map(({ recipientId }) => recipientId) }));
}
