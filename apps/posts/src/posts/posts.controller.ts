import { Body, Delete, Get, Param, Patch, Post as PostMethod, Query, Res } from '@nestjs/common';
import {
  Account,
  Allows,
  Endpoint,
  ApiController,
  type CurrentAccount,
  Idempotent,
  IfMatch,
  eitherMeta,
  type Precondition,
  Versioned,
} from '#runtime';
import type { FastifyReply } from 'fastify';
import { NewPost, Post, PostChange, PostItem, PostsQuery } from './posts.dto.js';
import { postErrors } from '../posts.errors.js';
import { PostsService } from './posts.service.js';

const params = { id: 'Id of the post.' };
const postProblems = [postErrors.POST_NOT_FOUND, postErrors.NOT_YOUR_POST];

@ApiController('posts')
export class PostsController {
  constructor(private readonly posts: PostsService) {}

  @PostMethod()
  @Allows('write')
  @Idempotent()
  @Endpoint({
    summary: 'Writes a post, as a draft or published at once',
    description:
      'The body is Markdown; the answer has it rendered and sanitised, too. Publishing notifies the followers of the author and whom the text mentions as `@handle`.',
    status: 201,
    data: Post,
    versioned: true,
  })
  async create(
    @Account() account: CurrentAccount,
    @Body({ schema: NewPost }) body: NewPost,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Versioned> {
    const post = await this.posts.create(account, body);
    reply.header('location', `/v1/posts/${post.id}`);
    return Versioned.of(post);
  }

  @Get()
  @Allows('read')
  @Endpoint({
    summary: 'Published posts, or the caller’s own drafts',
    description:
      'Without `status`, published posts, the latest first. `status=draft` needs an access token; editors see the drafts of all. With `q` a full-text search of the newest 1,000 matches, by relevance. Items have no body.',
    status: 200,
    data: PostItem.array(),
    meta: eitherMeta,
  })
  async list(@Query({ schema: PostsQuery }) query: PostsQuery, @Account() account?: CurrentAccount) {
    return this.posts.list(query, account);
  }

  @Get(':id')
  @Allows('read')
  @Endpoint({
    summary: 'A post, by id or slug',
    description:
      'A draft is not found by anybody but its author, editors and admins. With an access token, `likedByMe` says whether the caller likes it.',
    params: { id: 'Id or slug.' },
    status: 200,
    data: Post,
    versioned: true,
    problems: [postErrors.POST_NOT_FOUND],
  })
  async read(@Param('id') idOrSlug: string, @Account() account?: CurrentAccount): Promise<Versioned> {
    return this.posts.read(idOrSlug, account);
  }

  @Patch(':id')
  @Allows('write')
  @Endpoint({
    summary: 'Changes a post',
    description:
      'Only the given fields change. The slug stays. A mention that an edit of a published post adds notifies.',
    params,
    status: 200,
    data: Post,
    versioned: true,
    problems: postProblems,
  })
  async change(
    @Account() account: CurrentAccount,
    @Param('id') id: string,
    @Body({ schema: PostChange }) body: PostChange,
    @IfMatch() precondition: Precondition,
  ): Promise<Versioned> {
    return Versioned.of(await this.posts.change(account, id, body, precondition));
  }

  @Delete(':id')
  @Allows('write')
  @Endpoint({
    summary: 'Deletes a post for good',
    description: 'With its comments and likes.',
    params,
    status: 204,
    problems: postProblems,
  })
  async delete(
    @Account() account: CurrentAccount,
    @Param('id') id: string,
    @IfMatch() precondition: Precondition,
  ): Promise<void> {
    await this.posts.delete(account, id, precondition);
  }

  @PostMethod(':id/publish')
  @Allows('write')
  @Idempotent()
  @Endpoint({
    summary: 'Publishes a draft',
    description:
      'Notifies the followers of the author and whom the text mentions. A post that is published anew is new in lists, but nobody is notified of it twice.',
    params,
    status: 200,
    data: Post,
    versioned: true,
    problems: [...postProblems, postErrors.POST_ALREADY_PUBLISHED],
  })
  async publish(
    @Account() account: CurrentAccount,
    @Param('id') id: string,
    @IfMatch() precondition: Precondition,
  ): Promise<Versioned> {
    return Versioned.of(await this.posts.publish(account, id, precondition));
  }

  @PostMethod(':id/unpublish')
  @Allows('write')
  @Idempotent()
  @Endpoint({
    summary: 'Makes a post a draft again',
    description: '`publishedAt` becomes null. Comments and likes stay, and show again when it is published anew.',
    params,
    status: 200,
    data: Post,
    versioned: true,
    problems: [...postProblems, postErrors.POST_NOT_PUBLISHED],
  })
  async unpublish(
    @Account() account: CurrentAccount,
    @Param('id') id: string,
    @IfMatch() precondition: Precondition,
  ): Promise<Versioned> {
    return Versioned.of(await this.posts.unpublish(account, id, precondition));
  }
}
