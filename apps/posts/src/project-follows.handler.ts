import { UserFollowedV1, UserUnfollowedV1 } from '#contracts';
import { EventHandler, type EventOf, OnEvents } from '#events';
import { PostsRepository } from './posts/posts.repository.js';

/** When a user is followed or unfollowed, updates the projection of follows, from which feeds are read. */
@EventHandler()
export class ProjectFollows {
  constructor(private readonly posts: PostsRepository) {}

  @OnEvents('posts.follows', [UserFollowedV1, UserUnfollowedV1], { awaited: true })
  async handle(events: readonly EventOf<typeof UserFollowedV1>[]): Promise<void> {
    const follows = events.map(({ type, sequence, data }) => ({
      ...data,
      sequence,
      active: type === UserFollowedV1.type,
    }));
    await this.posts.upsertFollows(follows);
  }
}
