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
 * Refresh tokens that are spent by their use. Only hashes are kept; the one thing that leads to a usable token is the
 * successor, encrypted under a key that only the spent token itself gives.
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
   * Begins a session, and returns its first token and the role that its account has at this moment. Both are one statement: neither is there without the other. Throws
   * ACCOUNT_SUSPENDED; one that is suspended at this moment ends this session, or keeps it from beginning.
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
    // A session that ends at this moment ends before, and then nothing is issued, or knows of this use.
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
