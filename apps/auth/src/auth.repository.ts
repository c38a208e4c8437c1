import { Injectable } from '@nestjs/common';
import { expressionBuilder, sql } from 'kysely';
import { Database, once } from '#database';
import { type NewEvent, Outbox } from '#events';
import type { Role } from '#runtime';
import { PrismaClient } from './generated/prisma/client.js';
import { type DB, db } from './tables.js';

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

const accounts = expressionBuilder<DB, 'accounts'>();
export const IS_SUSPENDED = accounts('suspendedAt', 'is not', null).$castTo<boolean>();
const COLUMNS = ['id', 'email', 'role', IS_SUSPENDED.as('suspended'), 'createdAt'] as const;

const add = once('auth: add account', ({ id, email, passwordHash, role }: Credential & { email: string }) =>
  db.insertInto('accounts').values({ id, email, passwordHash, role }).returning(COLUMNS),
);
const find = {
  id: once('auth: find account by id', ({ value }: { value: string }) =>
    db.selectFrom('accounts').select(COLUMNS).where('id', '=', value),
  ),
  email: once('auth: find account by email', ({ value }: { value: string }) =>
    db.selectFrom('accounts').select(COLUMNS).where('email', '=', value),
  ),
};
const findCredential = once('auth: find credential', ({ email }: { email: string }) =>
  db.selectFrom('accounts').select(['id', 'role', 'passwordHash']).where('email', '=', email),
);
const list = once('auth: list accounts', ({ search, limit }: { search: string | null; limit: number }) =>
  db
    .selectFrom('accounts')
    .select(COLUMNS)
    .where(sql<boolean>`${search}::text is null or position(${search} in email) > 0`)
    .orderBy('id', 'desc')
    .limit(limit),
);
const roleInSession = once(
  'auth: role in session',
  ({ sessionId, accountId }: { sessionId: string; accountId: string }) =>
    db
      .selectFrom('sessions as s')
      .innerJoin('accounts as a', 'a.id', 's.accountId')
      .select('a.role')
      .where('s.id', '=', sessionId)
      .where('a.id', '=', accountId)
      .where('s.endedAt', 'is', null)
      .where('a.suspendedAt', 'is', null),
);

@Injectable()
export class AuthRepository {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly prisma: PrismaClient,
  ) {}

  async addAccount(account: Credential & { email: string }, event: NewEvent): Promise<Account> {
    const [added] = await this.outbox.appendWith(add(account), event);
    if (!added) throw new Error('The account was not added.');
    return added;
  }

  async findCredential(email: string): Promise<Credential | undefined> {
    const [account] = await this.database.run(findCredential({ email }));
    return account;
  }

  async findAccount(where: { id: string } | { email: string }): Promise<Account | undefined> {
    const statement = 'id' in where ? find.id({ value: where.id }) : find.email({ value: where.email });
    const [account] = await this.database.run(statement);
    return account;
  }

  async listAccounts(search: string | undefined, limit: number): Promise<Account[]> {
    return this.database.run(list({ search: search ?? null, limit }));
  }

  /** The current role of an account; undefined if this session of it has ended, or if the account is suspended. */
  async roleInSession(sessionId: string, accountId: string): Promise<Role | undefined> {
    const [account] = await this.database.run(roleInSession({ sessionId, accountId }));
    return account?.role;
  }

  /** Those that have not ended, the newest first: ids are made in the order of time. */
  async listSessions(accountId: string, below: string | undefined, limit: number): Promise<SessionRow[]> {
    const where = { accountId, endedAt: null, ...(below ? { id: { lt: below } } : {}) };
    return this.prisma.session.findMany({ where, orderBy: { id: 'desc' }, take: limit });
  }
}
