import { Injectable } from '@nestjs/common';
import { AccessControl, type CachedRead, CachedReads, type CurrentAccount, type Rendered } from '#runtime';
import { PostsCache } from './posts.cache.js';

/** Reads a post from the cache, as `PostsController.read` shows it. */
@Injectable()
export class CachedPost implements CachedRead {
  readonly route = '/v1/posts/:id';
  readonly service = 'posts';

  constructor(
    reads: CachedReads,
    readonly access: AccessControl,
    private readonly cache: PostsCache,
  ) {
    reads.add(this);
  }

  async find(idOrSlug: string, account: CurrentAccount | undefined): Promise<Rendered | undefined> {
    return this.cache.peek(idOrSlug, account?.id);
  }
}
