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
 * When a post, its likes, its comments or its author's profile change, invalidates the cache entries of the post. For
 * changes of posts the writer has already done so, unless it crashed before that or its process does not share this
 * process's cache.
 */
@EventHandler()
export class InvalidatePostsCache {
  constructor(private readonly cache: PostsCache) {}

  @AfterEvents('posts.cache', [...changes, ...reactions, ...authors])
  async handle(events: readonly Changed[]): Promise<void> {
    await this.cache.invalidate(...events.flatMap(changedPost));
    await this.cache.invalidateAuthors(events.flatMap(({ data }) => ('postId' in data ? [] : [data.id])));
  }
}

function changedPost(event: Changed) {
  if (!('postId' in event.data)) return [];
  const likedBy = isLike(event) ? event.data.actorId : undefined;
  return [{ id: event.data.postId, likedBy }];
}

function isLike(event: Changed): event is EventOf<typeof PostLikedV1> {
  return event.type === PostLikedV1.type;
}
