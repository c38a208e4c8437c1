import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Database } from '#database';
import { type Role, RUNTIME_SETTINGS } from '#runtime';
import { AccountChanges } from '../accounts/account-changes.js';
import { authErrors } from '../auth.errors.js';
import type { AuthSettings } from '../auth.settings.js';
import { seal, unseal } from '../keys/sealing.js';
import { type NewSession, RefreshTokensRepository, type Session } from './refresh-tokens.repository.js';

const PURPOSE = 'successor of a refresh token';

/**
 * Single-use refresh tokens. Only hashes are stored. The successor of a spent token is stored encrypted with a key
 * derived from the spent token, so that the database alone does not yield a usable token.
 */
@Injectable()
export class RefreshTokens {
  constructor(
    private readonly database: Database,
    private readonly repository: RefreshTokensRepository,
    private readonly changes: AccountChanges,
    @Inject(RUNTIME_SETTINGS) private readonly settings: AuthSettings,
  ) {}

  /**
   * Creates a session and its first token in one statement, so that neither exists without the other. Returns the token
   * and the current role of the account. Throws ACCOUNT_SUSPENDED. A concurrent suspension either ends the new session
   * or prevents it.
   */
  async begin(session: NewSession): Promise<{ token: string; role: Role }> {
    const token = newToken();
    const ttl = this.settings.REFRESH_TOKEN_TTL;
    const begun = await this.repository.begin({ ...session, hash: hashOf(token), ttl });
    if (!begun) throw authErrors.ACCOUNT_SUSPENDED();
    return { token, role: begun.role };
  }

  private async issue(sessionId: string): Promise<string> {
    const token = newToken();
    await this.repository.add({ hash: hashOf(token), sessionId, ttl: this.settings.REFRESH_TOKEN_TTL });
    return token;
  }

  /**
   * Exchanges a token for its successor. A token spent less than REFRESH_GRACE seconds ago returns the same successor
   * again, for browser tabs that refresh concurrently. Reuse of a token spent earlier counts as theft and ends its
   * session.
   */
  async exchange(token: string): Promise<{ session: Session; next: string }> {
    const outcome = await this.database.transaction(() => this.exchangeLocked(token));
    if (outcome === 'invalid') throw authErrors.REFRESH_TOKEN_INVALID();
    if (outcome === 'reused') throw authErrors.REFRESH_TOKEN_REUSED();
    return outcome;
  }

  /** Returns the failure instead of throwing it: the transaction that ends the session must commit. */
  private async exchangeLocked(token: string) {
    const row = await this.repository.lock(hashOf(token), this.settings);
    if (!row || row.ended) return 'invalid';
    if (row.spent && row.inGrace && row.successor && (await this.repository.use(row.id))) {
      return { session: row, next: unseal(Buffer.from(token), PURPOSE, row.successor).toString() };
    }
    if (row.spent && row.inGrace) return 'invalid';
    if (row.spent) {
      await this.changes.endSessions({ accountId: row.accountId, only: row.id });
      return 'reused';
    }
    // A concurrent end of the session comes before, and nothing is issued, or after, and reads the new last_used_at.
    if (row.expired || !(await this.repository.use(row.id))) return 'invalid';
    const next = await this.issue(row.id);
    await this.repository.spend(hashOf(token), seal(Buffer.from(token), PURPOSE, Buffer.from(next)));
    return { session: row, next };
  }
}

function newToken(): string {
  return randomBytes(32).toString('base64url');
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
