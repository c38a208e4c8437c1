import { AccountRegisteredV1 } from '#contracts';
import { EventHandler, type EventOf, OnEvent } from '#events';
import { UsersService } from './users/users.service.js';

/** Creates a profile for each new account. */
@EventHandler()
export class CreateProfileWhenAccountRegistered {
  constructor(private readonly users: UsersService) {}

  @OnEvent('users.profiles', [AccountRegisteredV1], { awaited: true })
  async handle({ data }: EventOf<typeof AccountRegisteredV1>): Promise<void> {
    await this.users.createProfile(data.accountId, data.displayName, data.handle);
  }
}
