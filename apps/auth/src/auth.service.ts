import { Inject, Injectable } from '@nestjs/common';
import { Database } from '#database';
import { type CurrentAccount, type Role, RUNTIME_SETTINGS } from '#runtime';
import { v7 as uuidv7 } from 'uuid';
import { AccountChanges } from './accounts/account-changes.js';
import { AccountsService } from './accounts/accounts.service.js';
import type { Credentials, OwnAccount, Registration, TokenPair } from './auth.dto.js';
import { authErrors } from './auth.errors.js';
import { logins } from './auth.metrics.js';
import { AuthRepository } from './auth.repository.js';
import type { AuthSettings } from './auth.settings.js';
import { Passwords } from './passwords/passwords.js';
import { RefreshTokens } from './sessions/refresh-tokens.js';
import { SigningKeys } from './keys/signing-keys.js';

/** The client that opened a session. */
export interface Device {
  readonly userAgent: string | null;
  readonly address: string;
}

@Injectable()
export class AuthService {
  constructor(
    private readonly database: Database,
    private readonly accounts: AccountsService,
    private readonly repository: AuthRepository,
    private readonly changes: AccountChanges,
    private readonly passwords: Passwords,
    private readonly refreshTokens: RefreshTokens,
    private readonly signingKeys: SigningKeys,
    @Inject(RUNTIME_SETTINGS) private readonly settings: AuthSettings,
  ) {}

  async register(registration: Registration, device: Device): Promise<TokenPair> {
    const prepared = await this.accounts.prepare(registration, 'author');
    return this.database.transaction(async () => this.openSession(await this.accounts.add(prepared), device));
  }

  async login({ email, password }: Credentials, device: Device): Promise<TokenPair> {
    const account = await this.repository.findCredential(email);
    const right = await this.passwords.verify(account?.passwordHash, password);
    logins.add({ result: account && right ? 'right' : 'wrong' });
    if (!account || !right) throw authErrors.INVALID_CREDENTIALS();
    return this.openSession(account, device);
  }

  async refresh(refreshToken: string): Promise<TokenPair> {
    const { session, next } = await this.refreshTokens.exchange(refreshToken);
    return this.pair({ id: session.accountId, role: session.role }, session.id, next);
  }

  async logout({ id, sessionId }: CurrentAccount): Promise<void> {
    await this.changes.endSessions({ accountId: id, only: sessionId });
  }

  async account({ id }: CurrentAccount): Promise<OwnAccount> {
    const account = await this.repository.findAccount({ id });
    if (!account) throw authErrors.ACCOUNT_NOT_FOUND();
    const { email, role, createdAt } = account;
    return { id, email, role, createdAt: createdAt.toISOString() };
  }

  private async openSession({ id }: { id: string }, device: Device): Promise<TokenPair> {
    const sessionId = uuidv7();
    const { token, role } = await this.refreshTokens.begin({ id: sessionId, accountId: id, ...device });
    return this.pair({ id, role }, sessionId, token);
  }

  private async pair(account: { id: string; role: Role }, sessionId: string, refreshToken: string): Promise<TokenPair> {
    const expiresIn = this.settings.ACCESS_TOKEN_TTL;
    const accessToken = await this.signingKeys.sign({ ...account, sessionId }, expiresIn);
    return { accountId: account.id, accessToken, tokenType: 'Bearer', expiresIn, refreshToken };
  }
}
