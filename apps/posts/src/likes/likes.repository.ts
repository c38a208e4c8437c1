import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database, once } from '#database';
import { type NewEvent, Outbox } from '#events';
import { db } from '../tables.js';

interface OfOne {
  readonly postId: string;
  readonly accountId: string;
}

const add = once(
  'likes: add',
  ({ postId, accountId }: OfOne) => sql<{ changed: boolean; first: boolean }>`
    with known as (select 1 from likes where post_id = ${postId} and account_id = ${accountId}), change as (
      insert into likes as l (post_id, account_id) values (${postId}, ${accountId})
      on conflict (post_id, account_id) do update set active = true where not l.active returning 1)
    select exists (select from change) as changed, not exists (select from known) as first`,
);
const remove = once('likes: remove', ({ postId, accountId }: OfOne) =>
  db
    .updateTable('likes')
    .set({ active: sql.lit(false) })
    .where('postId', '=', postId)
    .where('accountId', '=', accountId)
    .where('active', '=', sql.lit(true))
    .returning('postId'),
);
const count = once('likes: count', ({ postId, step, events }: { postId: string; step: number; events: number }) =>
  db
    .updateTable('posts')
    .set((eb) => ({ likes: eb('likes', '+', step), sequence: eb('sequence', '+', events) }))
    .where('id', '=', postId)
    .returning('id'),
);

/** Everything here runs under the row lock of the post. */
@Injectable()
export class LikesRepository {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {}

  /** `changed`: it was not liked before. `first`: it never was. */
  async add(postId: string, accountId: string): Promise<{ changed: boolean; first: boolean }> {
    const [row] = await this.database.run(add({ postId, accountId }));
    return row ?? { changed: false, first: false };
  }

  /** False if it was not liked. The row stays, so that a new like is known not to be the first. */
  async remove(postId: string, accountId: string): Promise<boolean> {
    return (await this.database.run(remove({ postId, accountId }))).length > 0;
  }

  async count(postId: string, step: 1 | -1, event: NewEvent | undefined): Promise<void> {
    const change = count({ postId, step, events: event ? 1 : 0 });
    if (event) await this.outbox.appendWith(change, event);
    else await this.database.run(change);
  }
}
