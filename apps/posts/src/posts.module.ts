import { Module } from '@nestjs/common';
import { Database, prismaAdapter } from '#database';
import { ServiceModule } from '#runtime';
import { PrismaClient } from './generated/client.js';
import { OnUserChanged } from './on-user-changed.handler.js';
import { PostsController } from './posts.controller.js';
import { PostsList } from './posts.list.js';
import { PostsRepository } from './posts.repository.js';
import { PostsService } from './posts.service.js';

/** Posts, from draft to deletion. */
@Module({
  imports: [ServiceModule.forService('posts', { knownAccounts: 'select id from authors where id = any($1)' })],
  controllers: [PostsController, OnUserChanged],
  providers: [
    PostsService,
    PostsRepository,
    PostsList,
    {
      provide: PrismaClient,
      useFactory: (database: Database) => new PrismaClient({ adapter: prismaAdapter(database) }),
      inject: [Database],
    },
  ],
})
export class PostsModule {}
