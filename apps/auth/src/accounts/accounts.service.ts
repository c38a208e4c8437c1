import { Injectable } from '@nestjs/common';
import { AccountRegisteredV1 } from '#contracts';
import { isUniqueViolation } from '#database';
import { newEvent } from '#events';
import { invalid, invalidInput, isId, type Role } from '#runtime';
import { v7 as uuidv7 } from 'uuid';
import { Registration } from '../auth.dto.js';
import { authErrors } from '../auth.errors.js';
import { type Account, AuthRepository } from '../auth.repository.js';
import { AccountChanges } from './account-changes.js';
import { CommonPasswords } from '../passwords/common-passwords.js';
import { Passwords } from '../passwords/passwords.js';

const TOO_COMMON = {
  in: 'body',
  path: '/password',
  code: 'too_common',
  message: 'is too common, or is the e-mail or handle',
} as const;

interface PreparedAccount {
  readonly id: string;
  readonly email: string;
  readonly role: Role;
  readonly passwordHash: string;
  readonly displayName: string;
  readonly handle: string | undefined;
}

/** Opens accounts on registration, and manages them for the operators' command line. */
@Injectable()
export class AccountsService {
  constructor(
    private readonly repository: AuthRepository,
    private readonly passwords: Passwords,
    private readonly commonPasswords: CommonPasswords,
    private readonly changes: AccountChanges,
  ) {}

  async open(registration: Registration, role: Role = 'author'): Promise<Account> {
    return this.add(await this.prepare(registration, role));
  }

  /**
   * Checks and hashes the password. Hashing is slow: do not call this inside a transaction. Throws VALIDATION_FAILED
   * for a password that is easily guessed.
   */
  async prepare({ email, password, displayName, handle }: Registration, role: Role): Promise<PreparedAccount> {
    const isOwnName = [email, email.split('@')[0], handle].includes(password.toLowerCase());
    if (isOwnName || (await this.commonPasswords.has(password))) throw invalid([TOO_COMMON]);
    const passwordHash = await this.passwords.hash(password);
    return { id: uuidv7(), email, role, passwordHash, displayName, handle };
  }

  async add({ displayName, handle, ...account }: PreparedAccount): Promise<Account> {
    const data = { accountId: account.id, email: account.email, displayName, ...(handle ? { handle } : {}) };
    try {
      return await this.repository.addAccount(account, newEvent(AccountRegisteredV1, data, 1));
    } catch (error) {
      if (isUniqueViolation(error, 'accounts_email_key')) throw authErrors.EMAIL_TAKEN();
      throw error;
    }
  }

  /** Like `open`, but validates the registration first. Throws VALIDATION_FAILED. */
  async validateAndOpen(registration: unknown, role: Role): Promise<Account> {
    const { data, error } = Registration.safeParse(registration);
    if (!data) throw invalidInput(error.issues, registration, 'body');
    return this.open(data, role);
  }

  async exists(email: string): Promise<boolean> {
    return (await this.repository.findAccount({ email })) !== undefined;
  }

  /** Opens the account unless there is one with this e-mail address. */
  async ensure(registration: Registration, role: Role): Promise<{ readonly id: string; readonly opened: boolean }> {
    const known = await this.repository.findAccount({ email: registration.email });
    return known ? { id: known.id, opened: false } : { id: (await this.open(registration, role)).id, opened: true };
  }

  /** Accounts whose e-mail address contains `search`, newest first. */
  async list(search: string | undefined, limit: number): Promise<Account[]> {
    return this.repository.listAccounts(search?.toLowerCase(), limit);
  }

  async find(idOrEmail: string): Promise<Account> {
    const name = idOrEmail.toLowerCase();
    const account = await this.repository.findAccount(isId(name) ? { id: name } : { email: name });
    if (!account) throw authErrors.ACCOUNT_NOT_FOUND(`There is no account ${idOrEmail}.`);
    return account;
  }

  /** Every service applies the new role within two seconds, also to access tokens issued before. */
  async setRole(idOrEmail: string, role: Role): Promise<Account> {
    const { id } = await this.find(idOrEmail);
    await this.changes.changeRole(id, role);
    return this.find(id);
  }

  /** Ends all sessions of the account. It cannot log in until it is resumed. */
  async suspend(idOrEmail: string): Promise<Account> {
    const { id } = await this.find(idOrEmail);
    await this.changes.suspend(id);
    return this.find(id);
  }

  async resume(idOrEmail: string): Promise<Account> {
    const { id } = await this.find(idOrEmail);
    await this.changes.resume(id);
    return this.find(id);
  }

  /** Deletes the account and its sessions; profile and posts remain. */
  async remove(idOrEmail: string): Promise<Account> {
    const account = await this.find(idOrEmail);
    await this.changes.remove(account.id);
    return account;
  }
}
