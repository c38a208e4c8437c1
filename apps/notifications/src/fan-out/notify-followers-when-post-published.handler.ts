import { PostPublishedV1 } from '#contracts';
import { EventHandler, type EventOf, OnEvents } from '#events';
import { FanOut } from './fan-out.js';

/** When a post is published, notifies the users who followed its author at that time. */
@EventHandler()
export class NotifyFollowersWhenPostPublished {
  constructor(private readonly fanOut: FanOut) {}

  @OnEvents('notifications.fan-out', [PostPublishedV1], { awaited: false })
  async handle(events: readonly EventOf<typeof PostPublishedV1>[]): Promise<void> {
    await this.fanOut.lockAuthors(events.map((event) => event.data.authorId));
    await this.fanOut.published(events);
  }
}
