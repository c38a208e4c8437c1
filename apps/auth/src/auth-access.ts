import { Injectable } from '@nestjs/common';
import { AccessControl, type CurrentAccount, runtimeErrors, type VerifiedToken } from '#runtime';
import { AuthRepository } from './auth.repository.js';

/** Reads ended sessions and roles directly from auth's own database, so that changes apply in auth immediately. */
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
