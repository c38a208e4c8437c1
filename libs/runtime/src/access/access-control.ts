import type { CurrentAccount } from '../auth/current-account.js';

/** The claims of an access token whose signature has been verified. */
export interface VerifiedToken extends CurrentAccount {
  /** When the token was issued, in milliseconds since the epoch. */
  readonly issuedAt: number;
}

/** Decides whether a valid access token may still be used, and with which role. One implementation per service. */
export abstract class AccessControl {
  /** Throws SESSION_ENDED if the session has ended, NOT_CAUGHT_UP while that is not known yet. */
  abstract check(token: VerifiedToken): Promise<CurrentAccount>;
}
