import { Module } from '@nestjs/common';
import { Database, prismaAdapter } from '#database';
import { ServiceModule } from '#runtime';
import { CategoriesController } from './categories/categories.controller.js';
import { CategoriesService } from './categories/categories.service.js';
import { CommentsController } from './comments/comments.controller.js';
import { CommentsRepository } from './comments/comments.repository.js';
import { CommentsService } from './comments/comments.service.js';
import { CountsController } from './counts/counts.controller.js';
import { CountsService } from './counts/counts.service.js';
import { PrismaClient } from './generated/client.js';
import { PostsImporter } from './import/posts.importer.js';
import { LikesRepository } from './likes/likes.repository.js';
import { LikesService } from './likes/likes.service.js';
import { MarkdownRenderer } from './markdown/markdown.renderer.js';
import { OnUserChanged } from './on-user-changed.handler.js';
import { OnUserFollowed } from './on-user-followed.handler.js';
import { OnPostChanged } from './on-post-changed.handler.js';
import { PostsController } from './posts.controller.js';
import { PostsCopies } from './posts.copies.js';
import { PostsList } from './posts.list.js';
import { PostsRepository } from './posts.repository.js';
import { PostsRepublisher } from './posts.republisher.js';
import { PostsService } from './posts.service.js';

/** Posts, from draft to deletion, and what is said about them. */
@Module({
  imports: [ServiceModule.forService('posts', { knownAccounts: 'select id from authors where id = any($1)' })],
  controllers: [
    PostsController,
    CommentsController,
    CategoriesController,
    CountsController,
    OnPostChanged,
    OnUserChanged,
    OnUserFollowed,
  ],
  providers: [
    PostsService,
    MarkdownRenderer,
    PostsRepublisher,
    PostsImporter,
    PostsRepository,
    PostsList,
    PostsCopies,
    LikesService,
    LikesRepository,
    CommentsService,
    CommentsRepository,
    CategoriesService,
    CountsService,
    {
      provide: PrismaClient,
      useFactory: (database: Database) => new PrismaClient({ adapter: prismaAdapter(database) }),
      inject: [Database],
    },
  ],
})
export class PostsModule {}
