import { UserFollowedV1, UserUnfollowedV1 } from '#contracts';
import { EventHandler, type EventOf, OnEvents } from '#events';
import { FanOut } from './fan-out.js';
import { NotificationsRepository } from '../notifications/notifications.repository.js';

/**
 * When a user is followed, notifies the user, and notifies the follower of the posts that the user has published since.
 * When a user is unfollowed, withdraws the notifications of posts published afterwards. One consumer handles both
 * events, so that an unfollow cannot overtake its follow.
 */
@EventHandler()
export class NotifyWhenUserFollowed {
  constructor(
    private readonly notifications: NotificationsRepository,
    private readonly fanOut: FanOut,
  ) {}

  @OnEvents('notifications.follows', [UserFollowedV1, UserUnfollowedV1], { awaited: false })
  async handle(events: readonly EventOf<typeof UserFollowedV1>[]): Promise<void> {
    await this.fanOut.lockAuthors(events.map((event) => event.data.followeeId));
    for (const event of events) {
      if (event.type === UserFollowedV1.type) await this.fanOut.followed(event);
      else await this.fanOut.unfollowed(event);
    }
    const follows = firstOfDay(events.filter((event) => event.type === UserFollowedV1.type));
    await this.notifications.add(
      follows.map(({ id, time, data }) => ({
        type: 'user.followed',
        eventId: id,
        recipientId: data.followeeId,
        actorId: data.followerId,
        createdAt: time,
      })),
    );
  }
}

/** A user is notified once a day (UTC) of each follower; `NotificationsRepository.add` compares with earlier batches. */
function firstOfDay(follows: readonly EventOf<typeof UserFollowedV1>[]): EventOf<typeof UserFollowedV1>[] {
  const keyOf = ({ time, data }: EventOf<typeof UserFollowedV1>) =>
    `${data.followerId} ${data.followeeId} ${time.toISOString().slice(0, 10)}`;
  return [...new Map(follows.toReversed().map((event) => [keyOf(event), event])).values()].toReversed();
}
