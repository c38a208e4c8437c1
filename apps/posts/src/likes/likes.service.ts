import { Injectable } from '@nestjs/common';
import { PostLikedV1 } from '#contracts';
import { Database } from '#database';
import { newEvent } from '#events';
import type { CurrentAccount } from '#runtime';
import { PostsCache } from '../posts/posts.cache.js';
import { type PostRow, PostsRepository } from '../posts/posts.repository.js';
import { lockPublished } from '../posts/published-post.js';
import { LikesRepository } from './likes.repository.js';

/** Likes of posts. A like takes the row lock and the next sequence of the post, but does not change its version. */
@Injectable()
export class LikesService {
  constructor(
    private readonly database: Database,
    private readonly posts: PostsRepository,
    private readonly likes: LikesRepository,
    private readonly cache: PostsCache,
  ) {}

  /** Invalidates the cache also if nothing changes: the commit of an earlier try may have succeeded without an answer. */
  async like(account: CurrentAccount, postId: string): Promise<void> {
    await this.withLock(account, postId, async (post) => {
      const { changed, first } = await this.likes.add(post.id, account.id);
      if (changed) {
        const data = { postId: post.id, authorId: post.authorId, actorId: account.id };
        await this.likes.count(post.id, 1, first ? newEvent(PostLikedV1, data, post.sequence + 1) : undefined);
      }
      await this.cache.invalidate({ id: post.id, likedBy: account.id });
    });
  }

  async unlike(account: CurrentAccount, postId: string): Promise<void> {
    await this.withLock(account, postId, async (post) => {
      if (await this.likes.remove(post.id, account.id)) await this.likes.count(post.id, -1, undefined);
      await this.cache.invalidate({ id: post.id, likedBy: account.id });
    });
  }

  private withLock(account: CurrentAccount, postId: string, work: (post: PostRow) => Promise<void>): Promise<void> {
    return this.database.transaction(async () => {
      const post = await lockPublished(this.posts, account, postId);
      await work(post);
    });
  }
}
