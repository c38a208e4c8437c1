import {
  CommentCreatedV1,
  CommentDeletedV1,
  PostDeletedV1,
  PostLikedV1,
  PostPublishedV1,
  PostUnpublishedV1,
  PostUpdatedV1,
  UserCreatedV1,
  UserUpdatedV1,
} from '#contracts';
import { AfterEvents, EventHandler, type EventOf } from '#events';
import { PostsCache } from './posts/posts.cache.js';

const changes = [PostPublishedV1, PostUpdatedV1, PostUnpublishedV1, PostDeletedV1];
const reactions = [PostLikedV1, CommentCreatedV1, CommentDeletedV1];
const authors = [UserCreatedV1, UserUpdatedV1];

type Changed = EventOf<(typeof reactions)[number] | (typeof changes)[number] | (typeof authors)[number]>;

/**
 * When a post, what people say of it or its author's profile has changed, no copy shows it as it was. Of posts the writer
 * has seen to that already, unless it died first or is a process that does not share this one's cache.
 */
@EventHandler()
export class InvalidatePostsCache {
  constructor(private readonly cache: PostsCache) {}

  @AfterEvents('posts.cache', [...changes, ...reactions, ...authors])
  async handle(events: readonly Changed[]): Promise<void> {
    await this.cache.invalidate(...events.flatMap(({ data }) => ('postId' in data ? [{ id: data.postId }] : [])));
    await this.cache.invalidateAuthors(events.flatMap(({ data }) => ('postId' in data ? [] : [data.id])));
  }
}
