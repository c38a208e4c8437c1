import { PostLikedV1 } from '#contracts';
import { EventHandler, type EventOf, OnEvents } from '#events';
import { NotificationsRepository } from './notifications.repository.js';

/** When a post is liked, notifies its author, unless the author liked it. */
@EventHandler()
export class NotifyAuthorWhenPostLiked {
  constructor(private readonly notifications: NotificationsRepository) {}

  @OnEvents('notifications.likes', [PostLikedV1], { awaited: false })
  async handle(events: readonly EventOf<typeof PostLikedV1>[]): Promise<void> {
    const byOthers = events.filter(({ data }) => data.actorId !== data.authorId);
    await this.notifications.add(
      byOthers.map(({ id, time, data }) => ({
        type: 'post.liked',
        eventId: id,
        recipientId: data.authorId,
        actorId: data.actorId,
        postId: data.postId,
        createdAt: time,
      })),
    );
  }
}
