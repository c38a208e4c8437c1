import { UserCreatedV1, UserUpdatedV1 } from '#contracts';
import { EventHandler, type EventOf, OnEvents } from '#events';
import { Mentions } from './mentions.js';

/** When a user takes a handle, notifies them of the mentions of that handle since then. */
@EventHandler()
export class ResolveMentionsWhenHandleTaken {
  constructor(private readonly mentions: Mentions) {}

  @OnEvents('notifications.handles', [UserCreatedV1, UserUpdatedV1], { awaited: false })
  async handle(events: readonly EventOf<typeof UserCreatedV1>[]): Promise<void> {
    await this.mentions.named(
      events.map(({ time, data }) => ({
        personId: data.id,
        handle: data.handle,
        version: data.version,
        since: time,
      })),
    );
  }
}
