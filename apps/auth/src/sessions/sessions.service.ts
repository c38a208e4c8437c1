import { Injectable } from '@nestjs/common';
import { type CurrentAccount, cursorPage, cursorTime, decodeCursor, idOr } from '#runtime';
import { AccountChanges } from '../accounts/account-changes.js';
import type { Session, SessionsQuery } from '../auth.dto.js';
import { authErrors } from '../auth.errors.js';
import { AuthRepository, type SessionRow } from '../auth.repository.js';

const LIST = 'sessions';

/** Lists and ends the sessions of an account. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly repository: AuthRepository,
    private readonly changes: AccountChanges,
  ) {}

  async list(account: CurrentAccount, { limit, cursor }: SessionsQuery) {
    const after = decodeCursor(LIST, cursor, cursorTime);
    const rows = await this.repository.listSessions(account.id, after?.id, limit + 1);
    const positionOf = (row: SessionRow) => ({ value: row.createdAt.toISOString(), id: row.id });
    return cursorPage(LIST, rows, limit, positionOf, (row) => present(row, account));
  }

  async end(account: CurrentAccount, id: string): Promise<void> {
    const only = idOr(authErrors.SESSION_NOT_FOUND, id);
    const ended = await this.changes.endSessions({ accountId: account.id, only });
    if (!ended) throw authErrors.SESSION_NOT_FOUND();
  }

  async endOthers(account: CurrentAccount): Promise<void> {
    await this.changes.endSessions({ accountId: account.id, except: account.sessionId });
  }
}

function present(
  { id, userAgent, address, createdAt, lastUsedAt }: SessionRow,
  { sessionId }: CurrentAccount,
): Session {
  return {
    id,
    device: userAgent,
    address,
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt.toISOString(),
    current: id === sessionId,
  };
}
