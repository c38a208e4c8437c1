import { Injectable } from '@nestjs/common';
import { UserUpdatedV1 } from '#contracts';
import { Database } from '#database';
import { newEvent, Outbox } from '#events';
import { snapshot } from './users.snapshot.js';
import { UsersRepository } from './users.repository.js';

/** Publishes the current state of every profile again, to build a new projection or rebuild a lost one. */
@Injectable()
export class UsersRepublisher {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly repository: UsersRepository,
  ) {}

  /** How many profiles there are to republish. */
  async count(): Promise<number> {
    return this.repository.count();
  }

  /** Republishes the next profiles after the id `after`, in one transaction. `last` is undefined if there are none. */
  async next(after: string, limit: number): Promise<{ count: number; last: string | undefined }> {
    return this.database.transaction(async () => {
      const users = await this.repository.bumpSequences(after, limit);
      const events = users.map((user) => newEvent(UserUpdatedV1, snapshot(user), user.sequence));
      if (events.length > 0) await this.outbox.append(...events);
      return { count: users.length, last: users.at(-1)?.id };
    });
  }
}
