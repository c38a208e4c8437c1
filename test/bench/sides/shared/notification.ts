import { v7 as uuidv7 } from 'uuid';

/** A like event, as both sides of the consumer figure read it. */
export interface Like {
  readonly id: string;
  readonly time: Date;
  readonly data: { readonly postId: string; readonly authorId: string; readonly actorId: string };
}

/** The effect on both sides: a notification of the author, in the table and with the indexes of the product. */
export const ADD_NOTIFICATIONS = `
  insert into notifications (id, type, event_id, recipient_id, actor_id, post_id, created_at)
  select id, 'post.liked', event, recipient, actor, post, created
  from json_to_recordset($1) as n (id uuid, event uuid, recipient uuid, actor uuid, post uuid, created timestamptz)
  on conflict do nothing`;

export function notificationsOf(likes: readonly Like[]): string {
  const rows = likes.map(({ id, time, data }) => {
    return { id: uuidv7(), event: id, recipient: data.authorId, actor: data.actorId, post: data.postId, created: time };
  });
  return JSON.stringify(rows);
}
