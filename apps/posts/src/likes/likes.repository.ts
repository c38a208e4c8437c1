import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { type NewEvent, Outbox } from '#events';

/** Everything here runs under the row lock of the post. */
@Injectable()
export class LikesRepository {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {}

  /** `changed`: it was not liked before. `first`: it never was. */
  async add(postId: string, accountId: string): Promise<{ changed: boolean; first: boolean }> {
    const [row] = await this.database.query<{ changed: boolean; first: boolean }>(
      `with known as (select 1 from likes where post_id = $1 and account_id = $2), change as (
         insert into likes as l (post_id, account_id) values ($1, $2)
         on conflict (post_id, account_id) do update set active = true where not l.active returning 1)
       select exists (select from change) as changed, not exists (select from known) as first`,
      [postId, accountId],
    );
    return row ?? { changed: false, first: false };
  }

  /** False if it was not liked. The row stays, so that a new like is known not to be the first. */
  async remove(postId: string, accountId: string): Promise<boolean> {
    const rows = await this.database.query(
      'update likes set active = false where post_id = $1 and account_id = $2 and active returning 1',
      [postId, accountId],
    );
    return rows.length > 0;
  }

  async count(postId: string, step: 1 | -1, event: NewEvent | undefined): Promise<void> {
    const text = 'update posts set likes = likes + $2, sequence = sequence + $3 where id = $1';
    const values = [postId, step, event ? 1 : 0];
    if (event) await this.outbox.appendWith({ text, values }, event);
    else await this.database.query(text, values);
  }
}
