import { Get, Param, Query } from '@nestjs/common';
import { Account, Allows, ApiController, type CurrentAccount, cursorMeta, Endpoint, eitherMeta } from '#runtime';
import { postErrors } from '../posts.errors.js';
import { FeedQuery, PostItem, PostsOfUserQuery } from '../posts/posts.dto.js';
import { PostsService } from '../posts/posts.service.js';

/** Lists of posts by author: those of one user, and the feed of followed authors. */
@ApiController('posts', '')
export class FeedController {
  constructor(private readonly posts: PostsService) {}

  @Get('users/:id/posts')
  @Allows('read')
  @Endpoint({
    summary: 'The posts of a user',
    description: 'As `GET /v1/posts` with `author`: without `status`, published posts, the latest first.',
    operationId: 'posts.listOfUser',
    params: { id: 'Id, handle or `me`.' },
    status: 200,
    data: PostItem.array(),
    meta: eitherMeta,
    problems: [postErrors.AUTHOR_NOT_FOUND],
  })
  async listOfUser(
    @Param('id') name: string,
    @Query({ schema: PostsOfUserQuery }) query: PostsOfUserQuery,
    @Account() account?: CurrentAccount,
  ) {
    return this.posts.listOfUser(name, query, account);
  }

  @Get('feed')
  @Endpoint({
    summary: 'Posts of the authors whom the caller follows, newest first',
    description: 'By publication. Unfollowing an author removes their posts.',
    operationId: 'posts.feed',
    status: 200,
    data: PostItem.array(),
    meta: cursorMeta,
  })
  async feed(@Account() account: CurrentAccount, @Query({ schema: FeedQuery }) query: FeedQuery) {
    return this.posts.feed(account, query);
  }
}
