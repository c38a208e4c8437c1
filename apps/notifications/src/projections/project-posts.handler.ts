import { PostDeletedV1, PostPublishedV1, PostUnpublishedV1, PostUpdatedV1 } from '#contracts';
import { EventHandler, type EventOf, OnEvents } from '#events';
import { NotificationsRepository } from '../notifications/notifications.repository.js';

/** When a post was published, changed, unpublished or deleted, notifications show it as it is now, or not at all. */
@EventHandler()
export class ProjectPosts {
  constructor(private readonly notifications: NotificationsRepository) {}

  @OnEvents('notifications.posts', [PostPublishedV1, PostUpdatedV1, PostUnpublishedV1, PostDeletedV1], {
    awaited: true,
  })
  async handle(events: readonly EventOf<typeof PostPublishedV1>[]): Promise<void> {
    await this.notifications.upsertPosts(
      events.map(({ type, data }) => {
        const deleted = type === PostDeletedV1.type;
        return { ...data, deleted, visible: !deleted && type !== PostUnpublishedV1.type };
      }),
    );
  }
}
