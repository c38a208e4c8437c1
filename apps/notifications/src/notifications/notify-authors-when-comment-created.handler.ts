import { CommentCreatedV1, CommentDeletedV1 } from '#contracts';
import { EventHandler, type EventOf, OnEvents } from '#events';
import { Mentions } from '../mentions/mentions.js';
import { type NewNotification, NotificationsRepository } from './notifications.repository.js';

type CommentEvent = EventOf<typeof CommentCreatedV1>;

/**
 * When somebody commented, the author of the post and that of the comment it answers hear of it, and whoever else it
 * mentions; nobody of their own doing. When it was deleted, those who have not read of it no longer do. One consumer for
 * both: the end must not overtake the beginning.
 */
@EventHandler()
export class NotifyAuthorsWhenCommentCreated {
  constructor(
    private readonly notifications: NotificationsRepository,
    private readonly mentions: Mentions,
  ) {}

  @OnEvents('notifications.comment-told', [CommentCreatedV1, CommentDeletedV1], { awaited: false })
  async handle(events: readonly CommentEvent[]): Promise<void> {
    const created = events.filter((event) => event.type === CommentCreatedV1.type);
    const deleted = events.filter((event) => event.type === CommentDeletedV1.type);
    // Before the mentions: for the same person a mention gives way.
    await this.notifications.add(created.flatMap(toNotifications));
    await this.mentions.mentioned(
      created.map(({ id, time, data: { mentions, actorId, postId, commentId } }) => ({
        eventId: id,
        handles: mentions,
        actorId,
        postId,
        commentId,
        at: time,
      })),
    );
    await this.notifications.withdrawOfComments(deleted.map((event) => event.data.commentId));
  }
}

function toNotifications({ id, time, data }: CommentEvent): NewNotification[] {
  const { actorId, postId, commentId, postAuthorId, parentAuthorId } = data;
  const concerned = new Set([postAuthorId, ...(parentAuthorId ? [parentAuthorId] : [])]);
  concerned.delete(actorId);
  return [...concerned].map((recipientId) => ({
    type: 'comment.created',
    eventId: id,
    recipientId,
    actorId,
    postId,
    commentId,
    createdAt: time,
  }));
}
