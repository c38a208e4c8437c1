import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database, once } from '#database';
import { type NewEvent, Outbox } from '#events';
import type { Role } from '#runtime';
import { IS_SUSPENDED } from '../auth.repository.js';
import { db } from '../tables.js';

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

interface Sequenced {
  readonly id: string;
  readonly sequence: number;
}

interface EndSessions {
  readonly accountId: string;
  readonly only: string | null;
  readonly except: string | null;
  readonly ttl: number;
}

const lock = once('account-changes: lock', ({ id }: { id: string }) =>
  db
    .selectFrom('accounts')
    .select(['id', 'role', IS_SUSPENDED.as('suspended'), 'sequence'])
    .where('id', '=', id)
    .forUpdate(),
);
/** The last access token is valid for `ttl` seconds after the session's last use, and a minute more for clocks that differ. */
const endSessions = once('account-changes: end sessions', ({ accountId, only, except, ttl }: EndSessions) =>
  db
    .updateTable('sessions')
    .set({ endedAt: sql<Date>`now()` })
    .where('accountId', '=', accountId)
    .where('endedAt', 'is', null)
    .where(sql<boolean>`(${only}::uuid is null or id = ${only})`)
    .where(sql<boolean>`(${except}::uuid is null or id <> ${except})`)
    .returning([
      'id',
      sql<Date | null>`case when last_used_at + ${ttl} * interval '1 second' > now()
        then last_used_at + (${ttl} + 60) * interval '1 second' end`.as('until'),
    ]),
);
const setRole = once('account-changes: set role', ({ id, role, sequence }: Sequenced & { role: Role }) =>
  db.updateTable('accounts').set({ role, sequence }).where('id', '=', id).returning('id'),
);
const setSuspended = once(
  'account-changes: set suspended',
  ({ id, suspended, sequence }: Sequenced & { suspended: boolean }) =>
    db
      .updateTable('accounts')
      .set({ suspendedAt: sql<Date | null>`case when ${suspended} then now() end`, sequence })
      .where('id', '=', id)
      .returning('id'),
);
const bumpSequence = once('account-changes: bump sequence', ({ id, sequence }: Sequenced) =>
  db.updateTable('accounts').set({ sequence }).where('id', '=', id).returning('id'),
);
const remove = once('account-changes: remove', ({ id }: { id: string }) =>
  db.deleteFrom('accounts').where('id', '=', id).returning('id'),
);

/** Everything but `lock` runs under the row lock of the account. */
@Injectable()
export class AccountChangesRepository {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {}

  async lock(id: string): Promise<LockedAccount | undefined> {
    const [account] = await this.database.run(lock({ id }));
    return account;
  }

  /** The sessions that this ended, and when the last access token of each expires: null if it has already. */
  async endSessions(
    { accountId, only, except }: SessionsOf,
    ttl: number,
  ): Promise<{ id: string; until: Date | null }[]> {
    return this.database.run(endSessions({ accountId, only: only ?? null, except: except ?? null, ttl }));
  }

  async setRole({ id }: LockedAccount, role: Role, event: NewEvent): Promise<void> {
    await this.outbox.appendWith(setRole({ id, role, sequence: event.sequence }), event);
  }

  async setSuspended({ id }: LockedAccount, suspended: boolean, event: NewEvent): Promise<void> {
    await this.outbox.appendWith(setSuspended({ id, suspended, sequence: event.sequence }), event);
  }

  /** Takes the sequence of the last of these events. */
  async bumpSequence({ id, sequence }: LockedAccount, events: readonly NewEvent[]): Promise<void> {
    await this.outbox.appendWith(bumpSequence({ id, sequence: events.at(-1)?.sequence ?? sequence }), ...events);
  }

  async remove({ id }: LockedAccount, event: NewEvent): Promise<void> {
    await this.outbox.appendWith(remove({ id }), event);
  }
}
