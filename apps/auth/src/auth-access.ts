import { Injectable } from '@nestjs/common';
import { AccessControl, type CurrentAccount, runtimeErrors, type VerifiedToken } from '#runtime';
import { AuthRepository } from './auth.repository.js';

/** Auth knows at once which sessions have ended and which role an account has: both are in its own database. */
@Injectable()
export class AuthAccess extends AccessControl {
  constructor(private readonly repository: AuthRepository) {
    super();
  }

  async check({ id, sessionId }: VerifiedToken): Promise<CurrentAccount> {
    const role = await this.repository.roleInSession(sessionId, id);
    if (!role) throw runtimeErrors.SESSION_ENDED();
    return { id, sessionId, role };
  }
}
