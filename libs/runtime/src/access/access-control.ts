import type { CurrentAccount } from '../auth/current-account.js';

/** What an access token says, once its signature has been verified. */
export interface VerifiedToken extends CurrentAccount {
  /** When it was made, in milliseconds. */
  readonly issuedAt: number;
}

/** Decides whether a valid access token may still be used, and with which role. One implementation per service. */
export abstract class AccessControl {
  /** Throws SESSION_ENDED, or NOT_CAUGHT_UP while that is not known yet. */
  abstract check(token: VerifiedToken): Promise<CurrentAccount>;
}
