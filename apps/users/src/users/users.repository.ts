import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { PrismaClient } from '../generated/client.js';

export interface UserRow {
  readonly id: string;
  readonly handle: string;
  readonly displayName: string;
  readonly bio: string | null;
  readonly imageUrl: string | null;
  readonly followers: number;
  readonly following: number;
  readonly version: number;
  readonly sequence: number;
  readonly createdAt: Date;
}

export const COLUMNS = `id, handle, display_name as "displayName", bio, image_url as "imageUrl", followers, following, version,
  sequence, created_at as "createdAt"`;

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
    const rows = await this.database.query(
      `with added as (
         insert into users (id, handle, display_name) values ($1, $2, $3) on conflict do nothing returning id)
       select id from added union select id from users where id = $1`,
      [id, handle, displayName],
    );
    return rows.length > 0;
  }

  async nextSequence(id: string): Promise<UserRow> {
    return one(
      await this.database.query(`update users set sequence = sequence + 1 where id = $1 returning ${COLUMNS}`, [id]),
    );
  }

  /** As nextSequence, for those that come next after an id. */
  async bumpSequences(after: string, limit: number): Promise<UserRow[]> {
    return this.database.query(
      `with moved as (update users set sequence = sequence + 1
         where id in (select id from users where id > $1 order by id limit $2 for update) returning ${COLUMNS})
       select * from moved order by id`,
      [after, limit],
    );
  }

  async lock(ids: readonly string[]): Promise<UserRow[]> {
    return this.database.query(`select ${COLUMNS} from users where id = any($1) order by id for update`, [ids]);
  }

  /** A new version of the content, and the next event of the key. */
  async save({ id, handle, displayName, bio, imageUrl }: UserRow): Promise<UserRow> {
    return one(
      await this.database.query(
        `update users set handle = $2, display_name = $3, bio = $4, image_url = $5, version = version + 1,
           sequence = sequence + 1, updated_at = now() where id = $1 returning ${COLUMNS}`,
        [id, handle, displayName, bio, imageUrl],
      ),
    );
  }

  /** False if it was so already. Moves both counters and the follower's sequence. */
  async addFollow(follower: string, followee: string): Promise<boolean> {
    const text = 'insert into follows (follower_id, followee_id) values ($1, $2) on conflict do nothing returning 1';
    return this.changeFollow(text, follower, followee, 1);
  }

  async removeFollow(follower: string, followee: string): Promise<boolean> {
    const text = 'delete from follows where follower_id = $1 and followee_id = $2 returning 1';
    return this.changeFollow(text, follower, followee, -1);
  }

  private async changeFollow(change: string, follower: string, followee: string, step: 1 | -1): Promise<boolean> {
    const rows = await this.database.query(
      `with change as (${change})
       update users set
         following = following + case when id = $1 then $3::int else 0 end,
         followers = followers + case when id = $2 then $3::int else 0 end,
         sequence = sequence + case when id = $1 then 1 else 0 end
       where id in ($1, $2) and exists (select from change) returning id`,
      [follower, followee, step],
    );
    return rows.length > 0;
  }
}

function one<Row>(rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined) throw new Error('The row is gone.');
  return row;
}
