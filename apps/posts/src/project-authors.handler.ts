import { UserCreatedV1, UserUpdatedV1 } from '#contracts';
import { EventHandler, type EventOf, OnEvents } from '#events';
import { PostsRepository } from './posts/posts.repository.js';

/** When a profile is created or changed, updates the projection of authors. */
@EventHandler()
export class ProjectAuthors {
  constructor(private readonly posts: PostsRepository) {}

  @OnEvents('posts.authors', [UserCreatedV1, UserUpdatedV1], { awaited: true })
  async handle(events: readonly EventOf<typeof UserCreatedV1>[]): Promise<void> {
    await this.posts.upsertAuthors(events.map((event) => event.data));
  }
}
