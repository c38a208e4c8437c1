import { Injectable } from '@nestjs/common';
import { type InferResult, sql } from 'kysely';
import { Database, once, type Statement, rowOf } from '#database';
import { PrismaClient } from '../generated/prisma/client.js';
import { db } from '../tables.js';

export const COLUMNS = [
  ...(['id', 'handle', 'displayName', 'bio', 'imageUrl', 'followers', 'following'] as const),
  ...(['version', 'sequence', 'createdAt'] as const),
] as const;

function selectUsers() {
  return db.selectFrom('users').select(COLUMNS);
}

export type UserRow = InferResult<ReturnType<typeof selectUsers>>[number];

interface Follow {
  readonly follower: string;
  readonly followee: string;
}

const add = once(
  'users: add',
  ({ id, handle, displayName }: Pick<UserRow, 'id' | 'handle' | 'displayName'>) => sql<{ id: string }>`
    with added as (
      insert into users (id, handle, display_name) values (${id}, ${handle}, ${displayName})
      on conflict do nothing returning id)
    select id from added union select id from users where id = ${id}`,
);
const nextSequence = once('users: next sequence', ({ id }: { id: string }) =>
  db
    .updateTable('users')
    .set((eb) => ({ sequence: eb('sequence', '+', sql.lit(1)) }))
    .where('id', '=', id)
    .returning(COLUMNS),
);
const count = once('users: count', () => db.selectFrom('users').select((eb) => eb.fn.countAll<number>().as('total')));
/** An array: with `in`, a plan for an unknown limit would read the whole table for each batch. */
const bumpSequences = once('users: bump sequences', ({ after, limit }: { after: string; limit: number }) => {
  const next = db.selectFrom('users').select('id').where('id', '>', after).orderBy('id').limit(limit).forUpdate();
  return db
    .with('moved', (cte) =>
      cte
        .updateTable('users')
        .set((eb) => ({ sequence: eb('sequence', '+', sql.lit(1)) }))
        .where('id', '=', sql<string>`any(array(${next}))`)
        .returningAll(),
    )
    .selectFrom('moved')
    .select(COLUMNS)
    .orderBy('id');
});
const lock = once('users: lock', ({ ids }: { ids: readonly string[] }) =>
  selectUsers()
    .where('id', '=', sql<string>`any(${ids})`)
    .orderBy('id')
    .forUpdate(),
);
const save = once('users: save', ({ id, handle, displayName, bio, imageUrl }: UserRow) =>
  db
    .updateTable('users')
    .set((eb) => ({
      handle,
      displayName,
      bio,
      imageUrl,
      updatedAt: sql<Date>`now()`,
      version: eb('version', '+', sql.lit(1)),
      sequence: eb('sequence', '+', sql.lit(1)),
    }))
    .where('id', '=', id)
    .returning(COLUMNS),
);

/** Changes both counters and the follower's sequence, if `change` returns a row. */
function countFollow(change: (follow: Follow) => ReturnType<typeof sql>, step: 1 | -1) {
  return ({ follower, followee }: Follow) => sql<{ id: string }>`
    with change as (${change({ follower, followee })})
    update users set
      following = following + case when id = ${follower} then ${sql.lit(step)} else 0 end,
      followers = followers + case when id = ${followee} then ${sql.lit(step)} else 0 end,
      sequence = sequence + case when id = ${follower} then 1 else 0 end
    where id in (${follower}, ${followee}) and exists (select from change) returning id`;
}

const addFollow = once(
  'users: add follow',
  countFollow(
    ({ follower, followee }) => sql`
      insert into follows (follower_id, followee_id) values (${follower}, ${followee}) on conflict do nothing returning 1`,
    1,
  ),
);
const removeFollow = once(
  'users: remove follow',
  countFollow(
    ({ follower, followee }) => sql`
      delete from follows where follower_id = ${follower} and followee_id = ${followee} returning 1`,
    -1,
  ),
);

/** Of the ids in $1, those whose profiles this service has. */
export const KNOWN_ACCOUNTS = 'select id from users where id = any($1)';

@Injectable()
export class UsersRepository {
  constructor(
    private readonly database: Database,
    private readonly prisma: PrismaClient,
  ) {}

  async find(where: { id: string } | { handle: string }): Promise<UserRow | null> {
    const user = await this.prisma.user.findUnique({ where });
    return user && { ...user, version: Number(user.version), sequence: Number(user.sequence) };
  }

  async follows(followerId: string, followeeId: string): Promise<boolean> {
    const where = { followerId_followeeId: { followerId, followeeId } };
    return (await this.prisma.follow.findUnique({ where })) !== null;
  }

  /** False if another user has the handle. A profile that is there already stays as it is. */
  async add(id: string, handle: string, displayName: string): Promise<boolean> {
    return (await this.database.run(add({ id, handle, displayName }))).length > 0;
  }

  async nextSequence(id: string): Promise<UserRow> {
    return this.one(nextSequence({ id }));
  }

  /** As nextSequence, for those that come next after an id. */
  async bumpSequences(after: string, limit: number): Promise<UserRow[]> {
    return this.database.run(bumpSequences({ after, limit }));
  }

  /** Reads every profile: for operators. */
  async count(): Promise<number> {
    return (await this.one(count({}))).total;
  }

  async lock(ids: readonly string[]): Promise<UserRow[]> {
    return this.database.run(lock({ ids }));
  }

  /** A new version of the content, and the next event of the key. */
  async save(user: UserRow): Promise<UserRow> {
    return this.one(save(user));
  }

  /** False if it was so already. Changes both counters and the follower's sequence. */
  async addFollow(follower: string, followee: string): Promise<boolean> {
    return (await this.database.run(addFollow({ follower, followee }))).length > 0;
  }

  /** False if it was so already. Changes both counters and the follower's sequence. */
  async removeFollow(follower: string, followee: string): Promise<boolean> {
    return (await this.database.run(removeFollow({ follower, followee }))).length > 0;
  }

  private async one<Row>(statement: Statement<Row>): Promise<Row> {
    return rowOf(await this.database.run(statement));
  }
}
