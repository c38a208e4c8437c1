import { CommentCreatedV1, CommentDeletedV1 } from '#contracts';
import { EventHandler, type EventOf, OnEvents } from '#events';
import { Mentions } from '../mentions/mentions.js';
import { type NewNotification, NotificationsRepository } from './notifications.repository.js';

type CommentEvent = EventOf<typeof CommentCreatedV1>;

/**
 * When a comment is created, notifies the authors of the post and of the parent comment and the mentioned users, except
 * the author of the comment. When it is deleted, withdraws its unread notifications. One consumer handles both events,
 * so that a deletion cannot overtake its creation.
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
    // Before the mentions: for the same recipient, this notification takes precedence over a mention.
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
  const recipients = new Set([postAuthorId, ...(parentAuthorId ? [parentAuthorId] : [])]);
  recipients.delete(actorId);
  return [...recipients].map((recipientId) => ({
    type: 'comment.created',
    eventId: id,
    recipientId,
    actorId,
    postId,
    commentId,
    createdAt: time,
  }));
}
