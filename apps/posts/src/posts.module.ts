import { Module } from '@nestjs/common';
import { ServiceModule } from '#runtime';
import { LikesRepository } from './likes.repository.js';
import { LikesService } from './likes.service.js';
import { OnUserChanged } from './on-user-changed.handler.js';
import { OnUserFollowed } from './on-user-followed.handler.js';
import { PostsController } from './posts.controller.js';
import { PostsList } from './posts.list.js';
import { PostsRepository } from './posts.repository.js';
import { PostsService } from './posts.service.js';

/** Posts, from draft to deletion. */
@Module({
  imports: [ServiceModule.forService('posts', { knownAccounts: 'select id from authors where id = any($1)' })],
  controllers: [PostsController, OnUserChanged, OnUserFollowed],
  providers: [PostsService, PostsRepository, PostsList, LikesService, LikesRepository],
})
export class PostsModule {}
