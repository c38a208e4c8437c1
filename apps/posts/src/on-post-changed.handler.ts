import {
  CommentCreatedV1,
  CommentDeletedV1,
  PostDeletedV1,
  PostLikedV1,
  PostPublishedV1,
  PostUnpublishedV1,
  PostUpdatedV1,
} from '#contracts';
import { EventHandler, type EventOf, OnEvents } from '#events';
import { PostsCopies } from './posts.copies.js';

const changes = [PostPublishedV1, PostUpdatedV1, PostUnpublishedV1, PostDeletedV1];
const reactions = [PostLikedV1, CommentCreatedV1, CommentDeletedV1];

/**
 * When a post or what people say of it has changed, no copy shows it as it was. The writer has seen to that already, unless
 * it died first or is a process that does not share this one's cache.
 */
@EventHandler()
export class OnPostChanged {
  constructor(private readonly copies: PostsCopies) {}

  @OnEvents('posts.cache', [...changes, ...reactions], { awaited: false })
  async handle(events: readonly EventOf<(typeof reactions)[number] | (typeof changes)[number]>[]): Promise<void> {
    await this.copies.forget(...events.map(({ data }) => ({ id: data.postId })));
  }
}
