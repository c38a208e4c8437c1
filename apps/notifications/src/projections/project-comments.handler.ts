import { CommentCreatedV1, CommentDeletedV1 } from '#contracts';
import { EventHandler, type EventOf, OnEvents } from '#events';
import { ProjectionsRepository } from './projections.repository.js';

/** When a comment is created or deleted, updates the projection of comments, whose excerpts notifications show. */
@EventHandler()
export class ProjectComments {
  constructor(private readonly projections: ProjectionsRepository) {}

  @OnEvents('notifications.comments', [CommentCreatedV1, CommentDeletedV1], { awaited: true })
  async handle(events: readonly EventOf<typeof CommentCreatedV1>[]): Promise<void> {
    await this.projections.upsertComments(
      events.map(({ type, data }) => {
        const deleted = type === CommentDeletedV1.type;
        return { id: data.commentId, postId: data.postId, excerpt: deleted ? '' : data.excerpt, deleted };
      }),
    );
  }
}
