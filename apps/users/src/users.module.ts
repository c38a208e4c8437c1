import { Module } from '@nestjs/common';
import { prismaProvider } from '#database';
import { ServiceModule, statusOf } from '#runtime';
import { PrismaClient } from './generated/prisma/client.js';
import { CreateProfileWhenAccountRegistered } from './create-profile-when-account-registered.handler.js';
import { InvalidateUsersCache } from './invalidate-users-cache.handler.js';
import { UsersController } from './users/users.controller.js';
import { UsersCache } from './users/users.cache.js';
import { UsersList } from './users/users-list.repository.js';
import { KNOWN_ACCOUNTS, UsersRepository } from './users/users.repository.js';
import { UsersRepublisher } from './users/users.republisher.js';
import { UsersService } from './users/users.service.js';

/** Profiles, and who follows whom. */
@Module({
  imports: [ServiceModule.forService('users', { knownAccounts: KNOWN_ACCOUNTS })],
  controllers: [UsersController, statusOf('users'), CreateProfileWhenAccountRegistered, InvalidateUsersCache],
  providers: [UsersService, UsersRepublisher, UsersRepository, UsersList, UsersCache, prismaProvider(PrismaClient)],
})
export class UsersModule {}
