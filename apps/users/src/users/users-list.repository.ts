import { Injectable } from '@nestjs/common';
import { expressionBuilder, sql, type SqlBool } from 'kysely';
import { columnsOf, Database, perShape } from '#database';
import { isUsualPage, MAX_COUNTED, type Position } from '#runtime';
import { type DB, db, type User } from '../tables.js';
import { COLUMNS } from './users.repository.js';

export interface UsersFilter {
  readonly q: string | undefined;
  readonly descending: boolean;
  /** Whose follows are shown, if anybody's. */
  readonly viewer: string | undefined;
}

type Side = 'followers' | 'following';

interface FilterShape {
  /** `none`: a query without a word, which nothing matches. */
  readonly q: 'all' | 'words' | 'none';
}

interface ListShape extends FilterShape {
  readonly descending: boolean;
  readonly limit: number;
  readonly offset?: number;
  readonly after?: boolean;
}

interface FollowsShape {
  readonly side: Side;
  readonly limit: number;
  readonly after: boolean;
}

interface Given {
  readonly q: string;
  readonly viewer: string | null;
  /** Whose followers, or whom they follow. */
  readonly of: string;
  /** Where a cursor stands. */
  readonly value: string;
  readonly id: string;
}

const u = expressionBuilder<DB & { u: User }, 'u'>();

function columns(at: 'u.createdAt' | 'f.createdAt', viewer: string | null) {
  // Not `exists`: Postgres would hash all that the viewer follows, instead of looking up one per row.
  const isFollowed = u
    .selectFrom('follows as v')
    .select(sql.lit(true).as('followed'))
    .where('v.followerId', '=', sql<string>`${viewer}::uuid`)
    .whereRef('v.followeeId', '=', 'u.id');
  return [
    ...columnsOf('u', COLUMNS),
    sql<Date>`${sql.ref(at)}`.as('at'),
    u.fn.coalesce(isFollowed, sql.lit(false)).$castTo<boolean>().as('followedByMe'),
  ] as const;
}

function searched({ q }: FilterShape, given: Given) {
  if (q === 'all') return sql<SqlBool>`true`;
  return q === 'none' ? sql<SqlBool>`false` : sql<SqlBool>`u.search @@ to_tsquery('simple', ${given.q})`;
}

const count = perShape(
  'users-list: count',
  [{ q: 'all' }, { q: 'words' }],
  (shape: FilterShape, given: Given) =>
    db
      .selectFrom(
        db
          .selectFrom('users as u')
          .select(sql.lit(1).as('one'))
          .where(searched(shape, given))
          .limit(sql.lit(MAX_COUNTED + 1))
          .as('counted'),
      )
      .select((eb) => eb.fn.countAll<number>().as('total')),
  ({ q }) => q === 'all',
);

const newest = { q: 'all', descending: true, limit: 20 } as const;
const list = perShape(
  'users-list: list',
  [newest, { ...newest, offset: 20 }, { ...newest, after: true }, { ...newest, q: 'words' }],
  (shape: ListShape, given: Given) => {
    const { descending, limit, offset = 0, after = false } = shape;
    const direction = descending ? 'desc' : 'asc';
    const than = sql.raw(descending ? '<' : '>');
    return db
      .selectFrom('users as u')
      .select(columns('u.createdAt', given.viewer))
      .where(searched(shape, given))
      .$if(after, (query) => query.where(sql<SqlBool>`(u.created_at, u.id) ${than} ${positionOf(given)}`))
      .orderBy('u.createdAt', direction)
      .orderBy('u.id', direction)
      .limit(sql.lit(limit))
      .$if(offset > 0, (query) => query.offset(sql.lit(offset)));
  },
  (shape) => shape.q === 'all' && isUsualPage(shape),
);

const follows = perShape(
  'users-list: follows',
  [
    { side: 'followers', limit: 20, after: false },
    { side: 'following', limit: 20, after: true },
  ],
  ({ side, limit, after }: FollowsShape, given: Given) => {
    const [fixed, listed] =
      side === 'followers' ? (['f.followeeId', 'f.followerId'] as const) : (['f.followerId', 'f.followeeId'] as const);
    return db
      .selectFrom('follows as f')
      .innerJoin('users as u', 'u.id', listed)
      .select(columns('f.createdAt', given.viewer))
      .where(fixed, '=', given.of)
      .$if(after, (query) => query.where(sql<SqlBool>`(f.created_at, ${sql.ref(listed)}) < ${positionOf(given)}`))
      .orderBy('f.createdAt', 'desc')
      .orderBy(listed, 'desc')
      .limit(sql.lit(limit));
  },
  isUsualPage,
);

function positionOf({ value, id }: Given) {
  return sql`(${value}::timestamptz, ${id}::uuid)`;
}

/** A profile in a list, with whether its viewer follows it, and `at`, the time that orders the list. */
export type ListedUser = ReturnType<typeof list> extends { row?: infer Row } ? NonNullable<Row> : never;

/** Lists of profiles. Each has its index; a page deep down is reached by a cursor, never by an offset. */
@Injectable()
export class UsersList {
  constructor(private readonly database: Database) {}

  async page(filter: UsersFilter, page: number, limit: number): Promise<{ rows: ListedUser[]; total: number }> {
    const values = given(filter.viewer, { q: filter.q });
    const [counted] = await this.database.run(count({ q: shapeOf(filter.q) }, values));
    const shape = { q: shapeOf(filter.q), descending: filter.descending, limit, offset: (page - 1) * limit };
    const rows = await this.database.run(list(shape, values));
    return { rows, total: counted?.total ?? 0 };
  }

  async after(filter: UsersFilter, after: Position | undefined, limit: number): Promise<ListedUser[]> {
    const shape = { q: shapeOf(filter.q), descending: filter.descending, limit, after: after !== undefined };
    return this.database.run(list(shape, given(filter.viewer, { q: filter.q, after })));
  }

  /** The followers of a user, or the users that a user follows; the latest first. */
  async follows(
    of: string,
    side: Side,
    viewer: string | undefined,
    after: Position | undefined,
    limit: number,
  ): Promise<ListedUser[]> {
    return this.database.run(follows({ side, limit, after: after !== undefined }, given(viewer, { of, after })));
  }
}

function given(
  viewer: string | undefined,
  { q, of = '', after }: { q?: string | undefined; of?: string; after?: Position | undefined },
): Given {
  return { q: queryOf(q), viewer: viewer ?? null, of, value: after?.value ?? '', id: after?.id ?? '' };
}

const wordsOf = (q: string) => q.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

function shapeOf(q: string | undefined): FilterShape['q'] {
  if (q === undefined) return 'all';
  return wordsOf(q).length > 0 ? 'words' : 'none';
}

/** Every word of the query must begin a word of the handle or of the name. */
function queryOf(q = ''): string {
  return wordsOf(q)
    .map((word) => `'${word}':*`)
    .join(' & ');
}
