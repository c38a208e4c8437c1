import { Module } from '@nestjs/common';
import { Database, prismaAdapter } from '#database';
import { ServiceModule } from '#runtime';
import { PrismaClient } from './generated/client.js';
import { OnAccountRegistered } from './on-account-registered.handler.js';
import { OnUserChanged } from './on-user-changed.handler.js';
import { UsersController } from './users.controller.js';
import { UsersCopies } from './users.copies.js';
import { UsersList } from './users.list.js';
import { UsersRepository } from './users.repository.js';
import { UsersRepublisher } from './users.republisher.js';
import { UsersService } from './users.service.js';

/** Profiles, and who follows whom. */
@Module({
  imports: [ServiceModule.forService('users', { knownAccounts: 'select id from users where id = any($1)' })],
  controllers: [UsersController, OnAccountRegistered, OnUserChanged],
  providers: [
    UsersService,
    UsersRepublisher,
    UsersRepository,
    UsersList,
    UsersCopies,
    {
      provide: PrismaClient,
      useFactory: (database: Database) => new PrismaClient({ adapter: prismaAdapter(database) }),
      inject: [Database],
    },
  ],
})
export class UsersModule {}
