import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { type NewEvent, Outbox } from '#events';
import type { Role } from '#runtime';
import { PrismaClient } from './generated/client.js';

interface AccountRow {
  readonly id: string;
  readonly role: Role;
  readonly passwordHash: string;
}

export interface SessionRow {
  readonly id: string;
  readonly userAgent: string | null;
  readonly address: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
}

@Injectable()
export class AuthRepository {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly prisma: PrismaClient,
  ) {}

  async addAccount(account: AccountRow & { email: string }, event: NewEvent): Promise<void> {
    const text = 'insert into accounts (id, email, password_hash, role) values ($1, $2, $3, $4)';
    const values = [account.id, account.email, account.passwordHash, account.role];
    await this.outbox.appendWith({ text, values }, event);
  }

  async findAccount(email: string): Promise<AccountRow | null> {
    const account = await this.prisma.account.findUnique({ where: { email } });
    return account && { id: account.id, role: account.role as Role, passwordHash: account.passwordHash };
  }

  async addSession(session: {
    id: string;
    accountId: string;
    userAgent: string | null;
    address: string;
  }): Promise<void> {
    await this.database.query('insert into sessions (id, account_id, user_agent, address) values ($1, $2, $3, $4)', [
      session.id,
      session.accountId,
      session.userAgent,
      session.address,
    ]);
  }

  /** Those that have not ended, the newest first: ids are made in the order of time. */
  async listSessions(accountId: string, below: string | undefined, limit: number): Promise<SessionRow[]> {
    const where = { accountId, endedAt: null, ...(below ? { id: { lt: below } } : {}) };
    return this.prisma.session.findMany({ where, orderBy: { id: 'desc' }, take: limit });
  }

  /** False if there is no such session of this account, or it has ended. */
  async endSession(id: string, accountId: string): Promise<boolean> {
    const ended = await this.database.query(
      'update sessions set ended_at = now() where id = $1 and account_id = $2 and ended_at is null returning 1',
      [id, accountId],
    );
    return ended.length > 0;
  }
}
