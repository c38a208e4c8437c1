import { Body, Delete, Get, Param, Patch, Put } from '@nestjs/common';
import {
  Account,
  Anonymous,
  Answers,
  ApiController,
  type CurrentAccount,
  IfMatch,
  type Precondition,
  runtimeErrors,
  Versioned,
} from '#runtime';
import { Profile, ProfileChange } from './users.dto.js';
import { userErrors } from './users.errors.js';
import { UsersService, type VersionedProfile } from './users.service.js';

@ApiController('users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Get('users/me')
  @Answers({ summary: 'One’s own profile', status: 200, data: Profile })
  async me(@Account() account: CurrentAccount): Promise<Versioned> {
    return answer(await this.users.profile(account.id, account.id));
  }

  @Patch('users/me')
  @Answers({
    summary: 'Changes one’s own profile',
    status: 200,
    data: Profile,
    problems: [userErrors.HANDLE_TAKEN, runtimeErrors.PRECONDITION_FAILED],
  })
  async change(
    @Account() account: CurrentAccount,
    @Body({ schema: ProfileChange }) body: ProfileChange,
    @IfMatch() precondition: Precondition,
  ): Promise<Versioned> {
    return answer(await this.users.change(account.id, body, precondition));
  }

  @Get('users/:idOrHandle')
  @Anonymous()
  @Answers({ summary: 'A profile, by id or handle', status: 200, data: Profile, problems: [userErrors.USER_NOT_FOUND] })
  async profile(@Param('idOrHandle') idOrHandle: string, @Account() account?: CurrentAccount): Promise<Versioned> {
    return answer(await this.users.profile(idOrHandle, account?.id));
  }

  @Put('users/:id/follow')
  @Answers({
    summary: 'Follows somebody',
    status: 204,
    problems: [userErrors.USER_NOT_FOUND, userErrors.CANNOT_FOLLOW_ONESELF],
  })
  async follow(@Account() account: CurrentAccount, @Param('id') id: string): Promise<void> {
    await this.users.follow(account.id, id);
  }

  @Delete('users/:id/follow')
  @Answers({
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
