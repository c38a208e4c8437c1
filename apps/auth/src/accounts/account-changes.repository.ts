import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { type NewEvent, Outbox } from '#events';
import type { Role } from '#runtime';

export interface LockedAccount {
  readonly id: string;
  readonly role: Role;
  readonly suspended: boolean;
  readonly sequence: number;
}

/** All sessions of an account; or one of them; or all but one. */
export interface SessionsOf {
  readonly accountId: string;
  readonly only?: string;
  readonly except?: string;
}

/** Everything but `lock` runs under the row lock of the account. */
@Injectable()
export class AccountChangesRepository {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {}

  async lock(id: string): Promise<LockedAccount | undefined> {
    const [account] = await this.database.query<LockedAccount>(
      'select id, role, suspended_at is not null as suspended, sequence from accounts where id = $1 for update',
      [id],
    );
    return account;
  }

  /** The sessions that ended by it, and when the last access token of each expires: null if it has already. */
  async endSessions(
    { accountId, only, except }: SessionsOf,
    accessTokenTtl: number,
  ): Promise<{ id: string; until: Date | null }[]> {
    return this.database.query(
      `update sessions set ended_at = now()
       where account_id = $1 and ended_at is null and ($2::uuid is null or id = $2) and ($3::uuid is null or id <> $3)
       returning id, case when last_used_at + $4 * interval '1 second' > now()
         then last_used_at + ($4 + 60) * interval '1 second' end as until`,
      [accountId, only ?? null, except ?? null, accessTokenTtl],
    );
  }

  async setRole({ id }: LockedAccount, role: Role, event: NewEvent): Promise<void> {
    const text = 'update accounts set role = $2, sequence = $3 where id = $1';
    await this.outbox.appendWith({ text, values: [id, role, event.sequence] }, event);
  }

  async setSuspended({ id }: LockedAccount, suspended: boolean, event: NewEvent): Promise<void> {
    const text = 'update accounts set suspended_at = case when $2 then now() end, sequence = $3 where id = $1';
    await this.outbox.appendWith({ text, values: [id, suspended, event.sequence] }, event);
  }

  async moveSequence({ id }: LockedAccount, events: readonly NewEvent[]): Promise<void> {
    const text = 'update accounts set sequence = $2 where id = $1';
    await this.outbox.appendWith({ text, values: [id, events.at(-1)?.sequence] }, ...events);
  }

  async remove({ id }: LockedAccount, event: NewEvent): Promise<void> {
    await this.outbox.appendWith({ text: 'delete from accounts where id = $1', values: [id] }, event);
  }
}
