import { Body, Delete, Get, Param, Patch, Post, Query, Res } from '@nestjs/common';
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
import { postErrors } from '../posts.errors.js';
import { Comment, CommentChange, CommentsQuery, NewComment } from './comments.dto.js';
import { CommentsService } from './comments.service.js';

const params = { id: 'Id of the comment.' };
const commentProblems = [postErrors.COMMENT_NOT_FOUND, postErrors.NOT_YOUR_COMMENT] as const;

@ApiController('posts', '')
export class CommentsController {
  constructor(private readonly comments: CommentsService) {}

  @Get('posts/:id/comments')
  @Allows('read')
  @Endpoint({
    summary: 'Comments on a post, each followed by its replies',
    description:
      '`sort=thread` has each comment followed by its replies, the oldest first; `createdAt` ignores threads. A deleted comment keeps its place while it has replies.',
    params: { id: 'Id or slug of the post.' },
    status: 200,
    data: Comment.array(),
    meta: eitherMeta,
    problems: [postErrors.POST_NOT_FOUND],
  })
  async list(
    @Param('id') idOrSlug: string,
    @Query({ schema: CommentsQuery }) query: CommentsQuery,
    @Account() account?: CurrentAccount,
  ) {
    return this.comments.list(idOrSlug, query, account);
  }

  @Post('posts/:id/comments')
  @Allows('write')
  @Idempotent()
  @Endpoint({
    summary: 'Comments on a post or replies to a comment',
    description:
      'With `parentId` a reply, at most 20 deep. Notifies the author of the post, the author of the parent comment, and whom the text mentions.',
    params: { id: 'Id or slug of the post.' },
    status: 201,
    data: Comment,
    versioned: true,
    problems: [postErrors.POST_NOT_FOUND, postErrors.POST_NOT_PUBLISHED, postErrors.THREAD_TOO_DEEP],
  })
  async create(
    @Account() account: CurrentAccount,
    @Param('id') idOrSlug: string,
    @Body({ schema: NewComment }) body: NewComment,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Versioned> {
    const comment = await this.comments.create(account, idOrSlug, body);
    reply.header('location', `/v1/comments/${comment.id}`);
    return Versioned.of(comment);
  }

  @Get('comments/:id')
  @Allows('read')
  @Endpoint({
    summary: 'A comment',
    description:
      'One comment, without its replies. The comments on a draft are not found by those who may not read it.',
    params,
    status: 200,
    data: Comment,
    versioned: true,
    problems: [postErrors.COMMENT_NOT_FOUND],
  })
  async read(@Param('id') id: string, @Account() account?: CurrentAccount): Promise<Versioned> {
    return Versioned.of(await this.comments.read(id, account));
  }

  @Patch('comments/:id')
  @Allows('write')
  @Endpoint({
    summary: 'Changes a comment',
    description: 'Its edits notify nobody.',
    params,
    status: 200,
    data: Comment,
    versioned: true,
    problems: commentProblems,
  })
  async change(
    @Account() account: CurrentAccount,
    @Param('id') id: string,
    @Body({ schema: CommentChange }) body: CommentChange,
    @IfMatch() precondition: Precondition,
  ): Promise<Versioned> {
    return Versioned.of(await this.comments.change(account, id, body, precondition));
  }

  @Delete('comments/:id')
  @Allows('write')
  @Endpoint({
    summary: 'Deletes a comment; its replies stay',
    description: 'While it has replies, it keeps its place with neither author nor text.',
    params,
    status: 204,
    problems: commentProblems,
  })
  async delete(
    @Account() account: CurrentAccount,
    @Param('id') id: string,
    @IfMatch() precondition: Precondition,
  ): Promise<void> {
    await this.comments.delete(account, id, precondition);
  }
}
