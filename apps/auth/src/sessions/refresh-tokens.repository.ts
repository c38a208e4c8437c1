import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database, type Expired, once } from '#database';
import type { Role } from '#runtime';
import { db } from '../tables.js';

export interface Session {
  readonly id: string;
  readonly accountId: string;
  readonly role: Role;
}

export interface NewSession {
  readonly id: string;
  readonly accountId: string;
  readonly userAgent: string | null;
  readonly address: string;
}

export interface TokenRow extends Session {
  readonly ended: boolean;
  readonly expired: boolean;
  readonly spent: boolean;
  readonly inGrace: boolean;
  readonly successor: Buffer | null;
}

/** Lifetimes in seconds. */
export interface Lifetimes {
  readonly REFRESH_GRACE: number;
  readonly SESSION_TTL: number;
}

interface NewToken {
  readonly hash: Buffer;
  readonly ttl: number;
}

const begin = once(
  'refresh-tokens: begin session',
  ({ id, accountId, userAgent, address, hash, ttl }: NewSession & NewToken) => sql<{ role: Role }>`
    with account as (
      select id, role from accounts where id = ${accountId} and suspended_at is null for share
    ), session as (
      insert into sessions (id, account_id, user_agent, address)
      select ${id}, id, ${userAgent}, ${address} from account returning id
    )
    insert into refresh_tokens (hash, session_id, expires_at)
    select ${hash}, id, now() + ${ttl} * interval '1 second' from session
    returning (select role from account) as role`,
);
const add = once('refresh-tokens: add', ({ hash, sessionId, ttl }: NewToken & { sessionId: string }) =>
  db
    .insertInto('refreshTokens')
    .values({ hash, sessionId, expiresAt: sql<Date>`now() + ${ttl} * interval '1 second'` }),
);
const lock = once('refresh-tokens: lock', ({ hash, grace, ttl }: NewToken & { grace: number }) =>
  db
    .selectFrom('refreshTokens as t')
    .innerJoin('sessions as s', 's.id', 't.sessionId')
    .innerJoin('accounts as a', 'a.id', 's.accountId')
    .select((eb) => [
      's.id',
      's.accountId',
      'a.role',
      eb('s.endedAt', 'is not', null).$castTo<boolean>().as('ended'),
      sql<boolean>`t.expires_at < now() or s.created_at < now() - ${ttl} * interval '1 second'`.as('expired'),
      eb('t.spentAt', 'is not', null).$castTo<boolean>().as('spent'),
      sql<boolean>`t.spent_at > now() - ${grace} * interval '1 second'`.as('inGrace'),
      't.successor',
    ])
    .where('t.hash', '=', hash)
    .forUpdate('t'),
);
const use = once('refresh-tokens: use session', ({ id }: { id: string }) =>
  db
    .updateTable('sessions')
    .set({ lastUsedAt: sql<Date>`now()` })
    .where('id', '=', id)
    .where('endedAt', 'is', null)
    .returning('id'),
);
const spend = once('refresh-tokens: spend', ({ hash, successor }: { hash: Buffer; successor: Buffer }) =>
  db
    .updateTable('refreshTokens')
    .set({ spentAt: sql<Date>`now()`, successor })
    .where('hash', '=', hash),
);

/** Expired tokens, and the sessions that have none left. */
export const EXPIRED_SESSIONS: readonly Expired[] = [
  { table: 'refresh_tokens', where: 'expires_at < now()' },
  { table: 'sessions', where: 'not exists (select from refresh_tokens t where t.session_id = sessions.id)' },
];

/** Sessions and the hashes of their refresh tokens. */
@Injectable()
export class RefreshTokensRepository {
  constructor(private readonly database: Database) {}

  /** Adds a session and its first token, or neither. Returns the account's role; undefined if it is suspended or gone. */
  async begin(session: NewSession & NewToken): Promise<{ role: Role } | undefined> {
    const [begun] = await this.database.run(begin(session));
    return begun;
  }

  /** The token expires after `ttl` seconds. */
  async add(token: NewToken & { sessionId: string }): Promise<void> {
    await this.database.run(add(token));
  }

  async lock(hash: Buffer, { REFRESH_GRACE, SESSION_TTL }: Lifetimes): Promise<TokenRow | undefined> {
    const [row] = await this.database.run(lock({ hash, grace: REFRESH_GRACE, ttl: SESSION_TTL }));
    return row;
  }

  /** Notes that a session gives an access token now. False if it has ended. */
  async use(sessionId: string): Promise<boolean> {
    return (await this.database.run(use({ id: sessionId }))).length > 0;
  }

  async spend(hash: Buffer, successor: Buffer): Promise<void> {
    await this.database.run(spend({ hash, successor }));
  }
}
