import { PostDeletedV1, PostPublishedV1, PostUnpublishedV1, PostUpdatedV1 } from '#contracts';
import { EventHandler, type EventOf, OnEvents } from '#events';
import { ProjectionsRepository } from './projections.repository.js';

/** When a post is published, changed, unpublished or deleted, updates the projection that notifications show. */
@EventHandler()
export class ProjectPosts {
  constructor(private readonly projections: ProjectionsRepository) {}

  @OnEvents('notifications.posts', [PostPublishedV1, PostUpdatedV1, PostUnpublishedV1, PostDeletedV1], {
    awaited: true,
  })
  async handle(events: readonly EventOf<typeof PostPublishedV1>[]): Promise<void> {
    await this.projections.upsertPosts(
      events.map(({ type, data }) => {
        const deleted = type === PostDeletedV1.type;
        return { ...data, deleted, visible: !deleted && type !== PostUnpublishedV1.type };
      }),
    );
  }
}
