import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database, once } from '#database';
import type { JWK } from 'jose';
import { db } from '../tables.js';

export interface KeyRow {
  readonly id: string;
  readonly publicJwk: JWK;
  readonly privateKey: Buffer;
  /** Whether it has been published for long enough to sign. */
  readonly signs: boolean;
  readonly signsFrom: Date;
  readonly createdAt: Date;
}

interface NewKey {
  readonly id: string;
  /** JSON. */
  readonly publicJwk: string;
  readonly privateKey: Buffer;
  /** Seconds until it signs. */
  readonly announced: number;
}

const LIFETIME = sql`interval '30 days'`;
/** Of this table alone. */
const LOCK = sql.lit(7_270_736_901);

const lock = once('signing-keys: lock', () => sql<never>`select pg_advisory_xact_lock(${LOCK})`);
const removeExpired = once(
  'signing-keys: remove expired',
  ({ seconds }: { seconds: number }) => sql<never>`
    delete from signing_keys k using signing_keys newer
    where newer.signs_from > k.signs_from and newer.signs_from < now() - ${seconds} * interval '1 second'`,
);
const age = once(
  'signing-keys: age',
  () => sql<{ any: boolean; young: boolean }>`
    select count(*) > 0 as any, coalesce(bool_or(created_at > now() - ${LIFETIME}), false) as young from signing_keys`,
);
const list = once('signing-keys: list', () =>
  db
    .selectFrom('signingKeys')
    .select((eb) => [
      'id',
      eb.ref('publicJwk').$castTo<JWK>().as('publicJwk'),
      'privateKey',
      'signsFrom',
      'createdAt',
      sql<boolean>`signs_from <= now()`.as('signs'),
    ])
    .orderBy('signsFrom', 'desc'),
);
const add = once('signing-keys: add', ({ id, publicJwk, privateKey, announced }: NewKey) =>
  db.insertInto('signingKeys').values({
    id,
    publicJwk,
    privateKey,
    signsFrom: sql<Date>`now() + ${announced} * interval '1 second'`,
  }),
);

const remove = once('signing-keys: remove', ({ id }: { id: string }) =>
  db.deleteFrom('signingKeys').where('id', '=', id),
);

@Injectable()
export class SigningKeysRepository {
  constructor(private readonly database: Database) {}

  /** Until the end of the current transaction. */
  async lock(): Promise<void> {
    await this.database.run(lock({}));
  }

  /** Removes the keys that were replaced by one that has signed for so many seconds. */
  async removeExpired(seconds: number): Promise<void> {
    await this.database.run(removeExpired({ seconds }));
  }

  /** Whether there are keys, and one of less than 30 days. */
  async age(): Promise<{ any: boolean; young: boolean }> {
    const [row] = await this.database.run(age({}));
    return row ?? { any: false, young: false };
  }

  /** The newest first. */
  async list(): Promise<KeyRow[]> {
    return this.database.run(list({}));
  }

  async add(key: NewKey): Promise<void> {
    await this.database.run(add(key));
  }

  async remove(id: string): Promise<void> {
    await this.database.run(remove({ id }));
  }
}
