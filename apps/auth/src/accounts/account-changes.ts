import { Inject, Injectable } from '@nestjs/common';
import {
  AccountDeletedV1,
  AccountResumedV1,
  AccountRoleChangedV1,
  AccountSuspendedV1,
  SessionEndedV1,
} from '#contracts';
import { Database } from '#database';
import { newEvent } from '#events';
import { type Role, RUNTIME_SETTINGS } from '#runtime';
import { AccountChangesRepository, type LockedAccount, type SessionsOf } from './account-changes.repository.js';
import type { AuthSettings } from '../auth.settings.js';
import { sessionsEnded } from '../auth.metrics.js';

/**
 * Account changes that are published to every service. Each method is one transaction under the account's row lock: it
 * makes the change, ends the affected sessions, and appends the events in the order of the account's sequence. Returns
 * false if the account does not exist or nothing changes.
 */
@Injectable()
export class AccountChanges {
  constructor(
    private readonly database: Database,
    private readonly repository: AccountChangesRepository,
    @Inject(RUNTIME_SETTINGS) private readonly settings: AuthSettings,
  ) {}

  async endSessions(which: SessionsOf): Promise<boolean> {
    return this.locked(which.accountId, (account) => this.endLocked(account, which));
  }

  async changeRole(accountId: string, role: Role): Promise<boolean> {
    return this.locked(accountId, async (account) => {
      if (account.role === role) return false;
      const event = newEvent(AccountRoleChangedV1, { accountId, role }, account.sequence + 1);
      await this.repository.setRole(account, role, event);
      return true;
    });
  }

  async suspend(accountId: string): Promise<boolean> {
    return this.locked(accountId, async (account) => {
      if (account.suspended) return false;
      const event = newEvent(AccountSuspendedV1, { accountId }, account.sequence + 1);
      await this.repository.setSuspended(account, true, event);
      await this.endLocked({ ...account, sequence: account.sequence + 1 }, { accountId });
      return true;
    });
  }

  async resume(accountId: string): Promise<boolean> {
    return this.locked(accountId, async (account) => {
      if (!account.suspended) return false;
      const event = newEvent(AccountResumedV1, { accountId }, account.sequence + 1);
      await this.repository.setSuspended(account, false, event);
      return true;
    });
  }

  /** Deletes the account and its sessions; profile and posts remain. */
  async remove(accountId: string): Promise<boolean> {
    return this.locked(accountId, async (account) => {
      await this.repository.remove(account, newEvent(AccountDeletedV1, { accountId }, account.sequence + 1));
      return true;
    });
  }

  private async locked(id: string, work: (account: LockedAccount) => Promise<boolean>): Promise<boolean> {
    return this.database.transaction(async () => {
      const account = await this.repository.lock(id);
      return account ? work(account) : false;
    });
  }

  /** Publishes no event for a session whose last access token has expired already: there is no token to reject. */
  private async endLocked(account: LockedAccount, which: SessionsOf): Promise<boolean> {
    const ended = await this.repository.endSessions(which, this.settings.ACCESS_TOKEN_TTL);
    const events = ended
      .filter(({ until }) => until !== null)
      .map(({ id, until }, index) => {
        const data = { accountId: account.id, sessionId: id, until: until?.toISOString() ?? '' };
        return newEvent(SessionEndedV1, data, account.sequence + 1 + index);
      });
    if (events.length > 0) await this.repository.bumpSequence(account, events);
    await this.database.afterCommit(() => sessionsEnded.add({}, ended.length));
    return ended.length > 0;
  }
}
