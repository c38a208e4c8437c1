import { UserCreatedV1, UserFollowedV1, UserUnfollowedV1, UserUpdatedV1 } from '#contracts';
import { AfterEvents, EventHandler, type EventOf } from '#events';
import { UsersCache } from './users/users.cache.js';

const changes = [UserCreatedV1, UserUpdatedV1];
const follows = [UserFollowedV1, UserUnfollowedV1];

/**
 * Invalidates the cache entry of a profile when the profile or its follows have changed. The writer has done so
 * already, unless it crashed first or runs in a process that does not share this process's cache.
 */
@EventHandler()
export class InvalidateUsersCache {
  constructor(private readonly cache: UsersCache) {}

  @AfterEvents('users.cache', [...changes, ...follows])
  async handle(events: readonly EventOf<(typeof changes)[number] | (typeof follows)[number]>[]): Promise<void> {
    const people = events.flatMap(({ data }) =>
      'handle' in data ? [data] : [{ id: data.followerId }, { id: data.followeeId }],
    );
    await this.cache.invalidate(...people);
  }
}
