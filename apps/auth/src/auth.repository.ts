import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { type NewEvent, Outbox } from '#events';
import type { Role } from '#runtime';
import { PrismaClient } from './generated/client.js';

export interface Account {
  readonly id: string;
  readonly email: string;
  readonly role: Role;
  readonly suspended: boolean;
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

const COLUMNS = 'id, email, role, suspended_at is not null as suspended, created_at as "createdAt"';

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

  /** The role that an account has at this moment; undefined if this session of it has ended, or it cannot be used. */
  async roleInSession(sessionId: string, accountId: string): Promise<Role | undefined> {
    const [account] = await this.database.query<{ role: Role }>(
      `select a.role from sessions s join accounts a on a.id = s.account_id
       where s.id = $1 and a.id = $2 and s.ended_at is null and a.suspended_at is null`,
      [sessionId, accountId],
    );
    return account?.role;
  }

  /** Those that have not ended, the newest first: ids are made in the order of time. */
  async listSessions(accountId: string, below: string | undefined, limit: number): Promise<SessionRow[]> {
    const where = { accountId, endedAt: null, ...(below ? { id: { lt: below } } : {}) };
    return this.prisma.session.findMany({ where, orderBy: { id: 'desc' }, take: limit });
  }
}
