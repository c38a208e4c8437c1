/**
 * A foil: the monolith as it is often written, whose transaction writes a post and the notifications of its followers, without
 * an outbox. Only the fan-out of a publication is replaced.
 */
import { auth } from '#auth';
import { PostPublishedV1 } from '#contracts';
import type { Database, Statement } from '#database';
import { type NewEvent, Outbox } from '#events';
import { notifications } from '#notifications';
import { posts } from '#posts';
import { runService } from '#runtime';
import { users } from '#users';

const append = Outbox.prototype.appendWith;
Outbox.prototype.appendWith = async function <Row extends object>(
  this: Outbox,
  change: Statement<Row>,
  ...events: NewEvent[]
): Promise<Row[]> {
  const [event] = events;
  if (event?.contract.type !== PostPublishedV1.type) return append.call(this, change, ...events) as Promise<Row[]>;
  const { postId, authorId, slug, title } = event.contract.data.parse(event.data) as Record<string, unknown>;
  const { database } = this as unknown as { database: Database };
  const first = change.values.length;
  return database.query<Row>(
    `with change as (${change.text}),
       known as (insert into notifications.posts (id, author_id, slug, title, version)
         select $${first + 1}::uuid, $${first + 2}::uuid, $${first + 3}, $${first + 4}, 1 where exists (select from change)
         on conflict do nothing),
       notified as (insert into notifications.notifications (id, recipient_id, event_id, type, actor_id, post_id, created_at)
         select gen_random_uuid(), follower_id, $${first + 1}::uuid, 'post.published', $${first + 2}::uuid, $${first + 1}::uuid, now()
         from users.follows where followee_id = $${first + 2}::uuid and exists (select from change)
         on conflict do nothing)
     select * from change`,
    [...change.values, postId, authorId, slug, title],
  );
};

await runService({ name: 'monolith', services: [auth, users, posts, notifications] });
