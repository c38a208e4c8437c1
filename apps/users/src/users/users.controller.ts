import { Body, Delete, Get, Param, Patch, Put, Query } from '@nestjs/common';
import {
  Account,
  Allows,
  Endpoint,
  ApiController,
  type CurrentAccount,
  cursorMeta,
  IfMatch,
  pageMeta,
  type Precondition,
  Versioned,
} from '#runtime';
import { FollowsQuery, Profile, ProfileChange, UsersQuery } from './users.dto.js';
import { userErrors } from '../users.errors.js';
import type { VersionedProfile } from './users.presenter.js';
import { UsersService } from './users.service.js';

const ofFollows = {
  status: 200,
  data: Profile.array(),
  meta: cursorMeta,
  problems: [userErrors.USER_NOT_FOUND],
} as const;

@ApiController('users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Get('users/me')
  @Endpoint({ summary: 'One’s own profile', status: 200, data: Profile, versioned: true })
  async me(@Account() account: CurrentAccount): Promise<Versioned> {
    return answer(await this.users.profile(account.id, account.id));
  }

  @Patch('users/me')
  @Endpoint({
    summary: 'Changes one’s own profile',
    status: 200,
    data: Profile,
    versioned: true,
    problems: [userErrors.HANDLE_TAKEN],
  })
  async change(
    @Account() account: CurrentAccount,
    @Body({ schema: ProfileChange }) body: ProfileChange,
    @IfMatch() precondition: Precondition,
  ): Promise<Versioned> {
    return answer(await this.users.change(account.id, body, precondition));
  }

  @Get('users/:idOrHandle')
  @Allows('read')
  @Endpoint({
    summary: 'A profile, by id or handle',
    status: 200,
    data: Profile,
    versioned: true,
    problems: [userErrors.USER_NOT_FOUND],
  })
  async profile(@Param('idOrHandle') idOrHandle: string, @Account() account?: CurrentAccount): Promise<Versioned> {
    return answer(await this.users.profile(idOrHandle, account?.id));
  }

  @Get('users')
  @Allows('read')
  @Endpoint({ summary: 'Profiles, all or searched', status: 200, data: Profile.array(), meta: pageMeta })
  async list(@Query({ schema: UsersQuery }) query: UsersQuery, @Account() account?: CurrentAccount) {
    return this.users.list(query, account?.id);
  }

  @Get('users/:id/followers')
  @Allows('read')
  @Endpoint({ summary: 'Who follows somebody', ...ofFollows })
  async followers(
    @Param('id') id: string,
    @Query({ schema: FollowsQuery }) query: FollowsQuery,
    @Account() account?: CurrentAccount,
  ) {
    return this.users.follows(id, 'followers', query, account?.id);
  }

  @Get('users/:id/following')
  @Allows('read')
  @Endpoint({ summary: 'Whom somebody follows', ...ofFollows })
  async following(
    @Param('id') id: string,
    @Query({ schema: FollowsQuery }) query: FollowsQuery,
    @Account() account?: CurrentAccount,
  ) {
    return this.users.follows(id, 'following', query, account?.id);
  }

  @Put('users/:id/follow')
  @Endpoint({
    summary: 'Follows somebody',
    status: 204,
    problems: [userErrors.USER_NOT_FOUND, userErrors.CANNOT_FOLLOW_ONESELF],
  })
  async follow(@Account() account: CurrentAccount, @Param('id') id: string): Promise<void> {
    await this.users.follow(account.id, id);
  }

  @Delete('users/:id/follow')
  @Endpoint({
    summary: 'Follows somebody no longer',
    status: 204,
    problems: [userErrors.USER_NOT_FOUND, userErrors.CANNOT_FOLLOW_ONESELF],
  })
  async unfollow(@Account() account: CurrentAccount, @Param('id') id: string): Promise<void> {
    await this.users.unfollow(account.id, id);
  }
}

function answer({ profile, version }: VersionedProfile): Versioned {
  return new Versioned({ data: profile }, version);
}
