import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { MOST_COUNTED, type Position } from '#runtime';
import { COLUMNS, type UserRow } from './users.repository.js';

/** A profile in a list, with what its viewer has to do with it. */
export interface ListedUser extends UserRow {
  readonly followedByMe: boolean;
  /** What the list is ordered by. */
  readonly at: Date;
}

export interface UsersFilter {
  readonly q: string | undefined;
  readonly descending: boolean;
  /** Whose follows are shown, if anybody's. */
  readonly viewer: string | undefined;
}

/** Lists of profiles. Each has its index; a page deep down is reached by a cursor, never by an offset. */
@Injectable()
export class UsersList {
  constructor(private readonly database: Database) {}

  async page(filter: UsersFilter, page: number, limit: number): Promise<{ rows: ListedUser[]; total: number }> {
    const values: unknown[] = [];
    const where = searched(filter.q, values);
    const [count] = await this.database.query<{ total: number }>(
      `select count(*) as total from (select from users u where ${where} limit ${MOST_COUNTED + 1}) as some_users`,
      [...values],
    );
    const rows = await this.database.query<ListedUser>(
      `${select('u.created_at', filter.viewer, values)} from users u
       where ${where} ${orderBy(filter)} limit ${limit} offset ${(page - 1) * limit}`,
      values,
    );
    return { rows, total: count?.total ?? 0 };
  }

  async after(filter: UsersFilter, after: Position | undefined, limit: number): Promise<ListedUser[]> {
    const values: unknown[] = [];
    const where = searched(filter.q, values);
    const keyset = after ? `and (u.created_at, u.id) ${filter.descending ? '<' : '>'} ${row(after, values)}` : '';
    return this.database.query<ListedUser>(
      `${select('u.created_at', filter.viewer, values)} from users u
       where ${where} ${keyset} ${orderBy(filter)} limit ${limit}`,
      values,
    );
  }

  /** Who follows somebody, or whom somebody follows; the latest first. */
  async follows(
    of: string,
    side: 'followers' | 'following',
    viewer: string | undefined,
    after: Position | undefined,
    limit: number,
  ): Promise<ListedUser[]> {
    const [fixed, listed] = side === 'followers' ? ['followee_id', 'follower_id'] : ['follower_id', 'followee_id'];
    const values: unknown[] = [of];
    const keyset = after ? `and (f.created_at, f.${listed}) < ${row(after, values)}` : '';
    return this.database.query<ListedUser>(
      `${select('f.created_at', viewer, values)} from follows f join users u on u.id = f.${listed}
       where f.${fixed} = $1 ${keyset} order by f.created_at desc, f.${listed} desc limit ${limit}`,
      values,
    );
  }
}

/** These three add their values to `values` and refer to them by number. Only names written here become SQL. */
function select(at: string, viewer: string | undefined, values: unknown[]): string {
  const viewed = `v.follower_id = $${values.push(viewer ?? null)}::uuid and v.followee_id = u.id`;
  const columns = COLUMNS.replace(/^id/, 'u.id').replace('created_at as', 'u.created_at as');
  return `select ${columns}, ${at} as at, exists (select from follows v where ${viewed}) as "followedByMe"`;
}

/** Every word of the query must begin a word of the handle or of the name. */
function searched(q: string | undefined, values: unknown[]): string {
  if (q === undefined) return 'true';
  const words = q.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  if (words.length === 0) return 'false';
  return `u.search @@ to_tsquery('simple', $${values.push(words.map((word) => `'${word}':*`).join(' & '))})`;
}

function row({ value, id }: Position, values: unknown[]): string {
  return `($${values.push(value)}::timestamptz, $${values.push(id)}::uuid)`;
}

function orderBy({ descending }: UsersFilter): string {
  const direction = descending ? 'desc' : 'asc';
  return `order by u.created_at ${direction}, u.id ${direction}`;
}
