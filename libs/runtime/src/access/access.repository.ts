import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { Role } from '../auth/current-account.js';

export interface EndedSession {
  readonly sessionId: string;
  readonly accountId: string;
  readonly until: Date;
}

export interface ChangedAccount {
  readonly accountId: string;
  readonly state: 'active' | 'suspended' | 'deleted';
  /** Null if it has not changed. */
  readonly role: Role | null;
  readonly roleChangedAt: Date | null;
  /** Sequence of the latest event of the account. */
  readonly sequence: number;
}

/**
 * A row becomes visible up to a minute after its `changed_at`, because a statement of a handler may take that long. So
 * each read overlaps the previous one.
 */
const OVERLAP = `interval '90 seconds'`;

/** A service's projection of ended sessions and of accounts that have changed. */
@Injectable()
export class AccessRepository {
  constructor(private readonly database: Database) {}

  async addEnded(sessions: readonly EndedSession[]): Promise<void> {
    if (sessions.length === 0) return;
    await this.database.query(
      `insert into ended_sessions (session_id, account_id, until)
       select distinct on ("sessionId") "sessionId", "accountId", until from json_to_recordset($1)
         as s ("sessionId" uuid, "accountId" uuid, until timestamptz)
       on conflict do nothing`,
      [JSON.stringify(sessions)],
    );
  }

  /**
   * Stores the state and role of accounts from their latest events; null keeps the stored value. An older change never
   * replaces a newer one.
   */
  async upsertAccounts(
    accounts: readonly (Omit<ChangedAccount, 'state'> & { state: ChangedAccount['state'] | null })[],
  ) {
    if (accounts.length === 0) return;
    await this.database.query(
      `insert into changed_accounts as a (account_id, state, role, role_changed_at, sequence)
       select "accountId", coalesce(state, 'active'), role, "roleChangedAt", sequence from json_to_recordset($1)
         as n ("accountId" uuid, state text, role text, "roleChangedAt" timestamptz, sequence bigint)
       order by "accountId"
       on conflict (account_id) do update set
         state = (select coalesce(n.state, a.state) from json_to_recordset($1) as n ("accountId" uuid, state text)
           where n."accountId" = a.account_id),
         role = coalesce(excluded.role, a.role), role_changed_at = coalesce(excluded.role_changed_at, a.role_changed_at),
         sequence = excluded.sequence, changed_at = clock_timestamp() where a.sequence < excluded.sequence`,
      [JSON.stringify(accounts)],
    );
  }

  /**
   * Returns the changes since an earlier read, or all rows if `since` is undefined, and the time of this read. Both
   * times are by the clock of the database.
   */
  async changesSince(
    since: Date | undefined,
  ): Promise<{ at: Date; ended: EndedSession[]; accounts: ChangedAccount[] }> {
    const [row] = await this.database.queryBounded<{
      at: Date;
      ended: RawEnded[] | null;
      accounts: RawAccount[] | null;
    }>(
      `select now() as at,
         (select json_agg(json_build_object('sessionId', session_id, 'accountId', account_id, 'until', until))
           from ended_sessions where changed_at > coalesce($1::timestamptz - ${OVERLAP}, '-infinity') and until > now()) as ended,
         (select json_agg(json_build_object('accountId', account_id, 'state', state, 'role', role,
             'roleChangedAt', role_changed_at, 'sequence', sequence))
           from changed_accounts where changed_at > coalesce($1::timestamptz - ${OVERLAP}, '-infinity')) as accounts`,
      [since ?? null],
    );
    if (!row) throw new Error('The query returned no row.');
    return {
      at: row.at,
      ended: (row.ended ?? []).map((each) => ({ ...each, until: new Date(each.until) })),
      accounts: (row.accounts ?? []).map((each) => {
        return { ...each, roleChangedAt: each.roleChangedAt === null ? null : new Date(each.roleChangedAt) };
      }),
    };
  }
}

type RawEnded = Omit<EndedSession, 'until'> & { readonly until: string };
type RawAccount = Omit<ChangedAccount, 'roleChangedAt'> & { readonly roleChangedAt: string | null };

/** Access tokens are valid for at most one day. */
export const expiredAccess = [
  { table: 'ended_sessions', where: 'until < now()' },
  { table: 'changed_accounts', where: `changed_at < now() - interval '2 days'` },
];
