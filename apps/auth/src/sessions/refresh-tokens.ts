import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Database } from '#database';
import { type Role, RUNTIME_SETTINGS } from '#runtime';
import { AccountChanges } from '../accounts/account-changes.js';
import { authErrors } from '../auth.errors.js';
import type { AuthSettings } from '../auth.settings.js';
import { seal, unseal } from '../keys/sealing.js';

interface Session {
  readonly id: string;
  readonly accountId: string;
  readonly role: Role;
}

export interface NewSession {
  readonly id: string;
  readonly accountId: string;
  readonly userAgent: string | null;
  readonly address: string;
}

interface TokenRow extends Session {
  readonly ended: boolean;
  readonly expired: boolean;
  readonly spent: boolean;
  readonly inGrace: boolean;
  readonly successor: Buffer | null;
}

const PURPOSE = 'successor of a refresh token';

/**
 * Refresh tokens that are spent by their use. Only hashes are kept; the one thing that leads to a usable token is the
 * successor, encrypted under a key that only the spent token itself gives.
 */
@Injectable()
export class RefreshTokens {
  constructor(
    private readonly database: Database,
    private readonly changes: AccountChanges,
    @Inject(RUNTIME_SETTINGS) private readonly settings: AuthSettings,
  ) {}

  /**
   * Begins a session, and returns its first token and the role that its account has at this moment. Both are one statement: neither is there without the other. Throws
   * ACCOUNT_SUSPENDED; one that is suspended at this moment ends this session, or keeps it from beginning.
   */
  async begin(session: NewSession): Promise<{ token: string; role: Role }> {
    const token = newToken();
    const [begun] = await this.database.query<{ role: Role }>(
      `with account as (
         select id, role from accounts where id = $2 and suspended_at is null for share
       ), session as (
         insert into sessions (id, account_id, user_agent, address) select $1, id, $3, $4 from account returning id
       )
       insert into refresh_tokens (hash, session_id, expires_at)
       select $5, id, now() + $6 * interval '1 second' from session returning (select role from account) as role`,
      [
        session.id,
        session.accountId,
        session.userAgent,
        session.address,
        hashOf(token),
        this.settings.REFRESH_TOKEN_TTL,
      ],
    );
    if (!begun) throw authErrors.ACCOUNT_SUSPENDED();
    return { token, role: begun.role };
  }

  private async issue(sessionId: string): Promise<string> {
    const token = newToken();
    await this.database.query(
      `insert into refresh_tokens (hash, session_id, expires_at) values ($1, $2, now() + $3 * interval '1 second')`,
      [hashOf(token), sessionId, this.settings.REFRESH_TOKEN_TTL],
    );
    return token;
  }

  /**
   * Spends a token for its successor. A token spent within REFRESH_GRACE seconds gives the same successor again, for
   * tabs that refresh at once; one spent earlier is in the wrong hands, and ends its session.
   */
  async exchange(token: string): Promise<{ session: Session; next: string }> {
    const outcome = await this.database.transaction(() => this.exchangeLocked(token));
    if (outcome === 'invalid') throw authErrors.REFRESH_TOKEN_INVALID();
    if (outcome === 'reused') throw authErrors.REFRESH_TOKEN_REUSED();
    return outcome;
  }

  /** Returns what is wrong instead of throwing it: the end of the session must commit. */
  private async exchangeLocked(token: string) {
    const row = await this.lock(token);
    if (!row || row.ended) return 'invalid';
    if (row.spent && row.inGrace && row.successor && (await this.use(row.id))) {
      return { session: row, next: unseal(Buffer.from(token), PURPOSE, row.successor).toString() };
    }
    if (row.spent && row.inGrace) return 'invalid';
    if (row.spent) {
      await this.changes.endSessions({ accountId: row.accountId, only: row.id });
      return 'reused';
    }
    // A session that ends at this moment ends before, and then nothing is issued, or knows of this use.
    if (row.expired || !(await this.use(row.id))) return 'invalid';
    const next = await this.issue(row.id);
    await this.database.query('update refresh_tokens set spent_at = now(), successor = $2 where hash = $1', [
      hashOf(token),
      seal(Buffer.from(token), PURPOSE, Buffer.from(next)),
    ]);
    return { session: row, next };
  }

  /** Notes that a session gives an access token now. False if it has ended. */
  private async use(sessionId: string): Promise<boolean> {
    const used = await this.database.query(
      'update sessions set last_used_at = now() where id = $1 and ended_at is null returning 1',
      [sessionId],
    );
    return used.length > 0;
  }

  private async lock(token: string): Promise<TokenRow | undefined> {
    const [row] = await this.database.query<TokenRow>(
      `select s.id, s.account_id as "accountId", a.role, s.ended_at is not null as ended,
         t.expires_at < now() or s.created_at < now() - $3 * interval '1 second' as expired,
         t.spent_at is not null as spent, t.spent_at > now() - $2 * interval '1 second' as "inGrace", t.successor
       from refresh_tokens t join sessions s on s.id = t.session_id join accounts a on a.id = s.account_id
       where t.hash = $1 for update of t`,
      [hashOf(token), this.settings.REFRESH_GRACE, this.settings.SESSION_TTL],
    );
    return row;
  }
}

function newToken(): string {
  return randomBytes(32).toString('base64url');
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
