import { Module } from '@nestjs/common';
import { prismaProvider } from '#database';
import { ServiceModule, statusOf } from '#runtime';
import { CategoriesController } from './categories/categories.controller.js';
import { CategoriesRepository } from './categories/categories.repository.js';
import { CategoriesService } from './categories/categories.service.js';
import { CommentsController } from './comments/comments.controller.js';
import { CommentsRepository } from './comments/comments.repository.js';
import { CommentsService } from './comments/comments.service.js';
import { CountsController } from './counts/counts.controller.js';
import { CountsRepository } from './counts/counts.repository.js';
import { CountsService } from './counts/counts.service.js';
import { PrismaClient } from './generated/prisma/client.js';
import { ImportsRepository } from './import/imports.repository.js';
import { PostsImporter } from './import/posts.importer.js';
import { LikesController } from './likes/likes.controller.js';
import { LikesRepository } from './likes/likes.repository.js';
import { LikesService } from './likes/likes.service.js';
import { MarkdownRenderer } from './markdown/markdown.renderer.js';
import { ProjectAuthors } from './project-authors.handler.js';
import { ProjectFollows } from './project-follows.handler.js';
import { InvalidatePostsCache } from './invalidate-posts-cache.handler.js';
import { FeedController } from './lists/feed.controller.js';
import { PostsController } from './posts/posts.controller.js';
import { CachedPost } from './posts/cached-post.js';
import { PostsCache } from './posts/posts.cache.js';
import { FeedRepository } from './lists/feed.repository.js';
import { PostsList } from './lists/posts-list.repository.js';
import { KNOWN_ACCOUNTS, PostsRepository } from './posts/posts.repository.js';
import { PostsRepublisher } from './posts/posts.republisher.js';
import { PostsService } from './posts/posts.service.js';

/** Posts from draft to deletion, with their likes, comments, categories and counts. */
@Module({
  imports: [ServiceModule.forService('posts', { knownAccounts: KNOWN_ACCOUNTS })],
  controllers: [
    PostsController,
    FeedController,
    LikesController,
    CommentsController,
    CategoriesController,
    CountsController,
    statusOf('posts'),
    InvalidatePostsCache,
    ProjectAuthors,
    ProjectFollows,
  ],
  providers: [
    PostsService,
    MarkdownRenderer,
    PostsRepublisher,
    PostsImporter,
    ImportsRepository,
    PostsRepository,
    PostsList,
    FeedRepository,
    PostsCache,
    CachedPost,
    LikesService,
    LikesRepository,
    CommentsService,
    CommentsRepository,
    CategoriesService,
    CategoriesRepository,
    CountsService,
    CountsRepository,
    prismaProvider(PrismaClient),
  ],
})
export class PostsModule {}
