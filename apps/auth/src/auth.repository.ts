import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { type NewEvent, Outbox } from '#events';
import type { Role } from '#runtime';
import { PrismaClient } from './generated/client.js';

export interface Account {
  readonly id: string;
  readonly email: string;
  readonly role: Role;
  readonly createdAt: Date;
}

interface Credential {
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

const COLUMNS = 'id, email, role, created_at as "createdAt"';

@Injectable()
export class AuthRepository {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly prisma: PrismaClient,
  ) {}

  async addAccount(account: Credential & { email: string }, event: NewEvent): Promise<Account> {
    const text = 'insert into accounts (id, email, password_hash, role) values ($1, $2, $3, $4)';
    const values = [account.id, account.email, account.passwordHash, account.role];
    const [added] = await this.outbox.appendWith<Account>({ text, values, returning: COLUMNS }, event);
    if (!added) throw new Error('The account was not added.');
    return added;
  }

  async findCredential(email: string): Promise<Credential | undefined> {
    const [account] = await this.database.query<Credential>(
      'select id, role, password_hash as "passwordHash" from accounts where email = $1',
      [email],
    );
    return account;
  }

  async findAccount(where: { id: string } | { email: string }): Promise<Account | undefined> {
    const [[column, value] = []] = Object.entries(where);
    const [account] = await this.database.query<Account>(`select ${COLUMNS} from accounts where ${column} = $1`, [
      value,
    ]);
    return account;
  }

  async listAccounts(search: string | undefined, limit: number): Promise<Account[]> {
    return this.database.query<Account>(
      `select ${COLUMNS} from accounts where $1::text is null or position($1 in email) > 0 order by id desc limit $2`,
      [search ?? null, limit],
    );
  }

  async setRole(id: string, role: Role): Promise<void> {
    await this.database.query('update accounts set role = $2 where id = $1', [id, role]);
  }

  async removeAccount(id: string): Promise<void> {
    await this.database.query('delete from accounts where id = $1', [id]);
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
