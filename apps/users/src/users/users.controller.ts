import { Body, Delete, Get, Param, Patch, Put, Query } from '@nestjs/common';
import {
  Account,
  Allows,
  Endpoint,
  ApiController,
  type CurrentAccount,
  cursorMeta,
  IfMatch,
  eitherMeta,
  type Precondition,
  Versioned,
} from '#runtime';
import { FollowsQuery, Profile, ProfileChange, UsersQuery } from './users.dto.js';
import { userErrors } from '../users.errors.js';
import type { VersionedProfile } from './users.presenter.js';
import { UsersService } from './users.service.js';

const params = { id: 'Id, handle or `me`.' };

const followListEndpoint = {
  params,
  status: 200,
  data: Profile.array(),
  meta: cursorMeta,
  problems: [userErrors.USER_NOT_FOUND],
} as const;

@ApiController('users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Get('me')
  @Endpoint({
    summary: 'The profile of the caller',
    description: 'What others see of the caller. Right after registration, send the `Consistency-Token` of its answer.',
    status: 200,
    data: Profile,
    versioned: true,
  })
  async me(@Account() account: CurrentAccount): Promise<Versioned> {
    return toResponse(await this.users.profile(account.id, account.id));
  }

  @Patch('me')
  @Endpoint({
    summary: 'Changes the profile of the caller',
    description:
      'Only the given fields change; null removes a bio or an image. Posts and comments show the new name and handle in a moment.',
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
    return toResponse(await this.users.change(account.id, body, precondition));
  }

  @Get(':idOrHandle')
  @Allows('read')
  @Endpoint({
    summary: 'A profile, by id or handle',
    description: 'With an access token, `followedByMe` says whether the caller follows this user.',
    params: { idOrHandle: 'Id or handle.' },
    status: 200,
    data: Profile,
    versioned: true,
    problems: [userErrors.USER_NOT_FOUND],
  })
  async profile(@Param('idOrHandle') idOrHandle: string, @Account() account?: CurrentAccount): Promise<Versioned> {
    return toResponse(await this.users.profile(idOrHandle, account?.id));
  }

  @Get()
  @Allows('read')
  @Endpoint({
    summary: 'All profiles, or those matching a search',
    description: 'Newest first. `q` finds words in display names and handles.',
    status: 200,
    data: Profile.array(),
    meta: eitherMeta,
  })
  async list(@Query({ schema: UsersQuery }) query: UsersQuery, @Account() account?: CurrentAccount) {
    return this.users.list(query, account?.id);
  }

  @Get(':id/followers')
  @Allows('read')
  @Endpoint({ summary: 'The followers of a user', description: 'The latest follower first.', ...followListEndpoint })
  async followers(
    @Param('id') name: string,
    @Query({ schema: FollowsQuery }) query: FollowsQuery,
    @Account() account?: CurrentAccount,
  ) {
    return this.users.follows(name, 'followers', query, account?.id);
  }

  @Get(':id/following')
  @Allows('read')
  @Endpoint({
    summary: 'The users whom a user follows',
    description: 'The latest followed first.',
    ...followListEndpoint,
  })
  async following(
    @Param('id') name: string,
    @Query({ schema: FollowsQuery }) query: FollowsQuery,
    @Account() account?: CurrentAccount,
  ) {
    return this.users.follows(name, 'following', query, account?.id);
  }

  @Put(':id/follow')
  @Endpoint({
    summary: 'Follows a user',
    description:
      'Their posts appear in the feed of the caller, who is notified of those that are published from now on. Repeating it changes nothing.',
    params,
    status: 204,
    problems: [userErrors.USER_NOT_FOUND, userErrors.CANNOT_FOLLOW_ONESELF],
  })
  async follow(@Account() account: CurrentAccount, @Param('id') name: string): Promise<void> {
    await this.users.follow(account.id, name);
  }

  @Delete(':id/follow')
  @Endpoint({
    summary: 'Unfollows a user',
    description: 'Unread notifications of posts that were published since are withdrawn. Repeating it changes nothing.',
    params,
    status: 204,
    problems: [userErrors.USER_NOT_FOUND, userErrors.CANNOT_FOLLOW_ONESELF],
  })
  async unfollow(@Account() account: CurrentAccount, @Param('id') name: string): Promise<void> {
    await this.users.unfollow(account.id, name);
  }
}

function toResponse({ profile, version }: VersionedProfile): Versioned {
  return new Versioned({ data: profile }, version);
}
