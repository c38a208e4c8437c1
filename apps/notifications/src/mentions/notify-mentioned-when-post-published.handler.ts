import { PostPublishedV1, PostUpdatedV1 } from '#contracts';
import { EventHandler, type EventOf, OnEvents } from '#events';
import { Mentions } from './mentions.js';

/** When a post is published, or an edit of a published post mentions users, notifies those that it mentions. */
@EventHandler()
export class NotifyMentionedWhenPostPublished {
  constructor(private readonly mentions: Mentions) {}

  @OnEvents('notifications.mentions', [PostPublishedV1, PostUpdatedV1], { awaited: false })
  async handle(events: readonly EventOf<typeof PostPublishedV1>[]): Promise<void> {
    await this.mentions.mentionedByPosts(
      events.map(({ id, type, time, data }) => ({
        eventId: id,
        handles: data.mentions,
        actorId: data.authorId,
        postId: data.postId,
        version: data.version,
        isEdit: type === PostUpdatedV1.type,
        at: time,
      })),
    );
  }
}
