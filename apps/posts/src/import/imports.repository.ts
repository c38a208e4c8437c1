import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database, once } from '#database';
import { db } from '../tables.js';

interface Source {
  readonly authorId: string;
  readonly source: string;
}

const lock = once(
  'imports: lock',
  ({ authorId, source }: Source) => sql<never>`
    select pg_advisory_xact_lock(hashtextextended('import ' || ${authorId} || ' ' || ${source}, 0))`,
);
const find = once('imports: find', ({ authorId, source }: Source) =>
  db
    .selectFrom('imports')
    .select(['postId', 'fingerprint'])
    .where('authorId', '=', authorId)
    .where('source', '=', source),
);
const save = once(
  'imports: save',
  ({ authorId, source, postId, fingerprint }: Source & { postId: string; fingerprint: string }) =>
    db
      .insertInto('imports')
      .values({ authorId, source, postId, fingerprint })
      .onConflict((conflict) =>
        conflict.columns(['authorId', 'source']).doUpdateSet((eb) => ({ fingerprint: eb.ref('excluded.fingerprint') })),
      ),
);

/** Which post was made of which file. */
@Injectable()
export class ImportsRepository {
  constructor(private readonly database: Database) {}

  /** In the current transaction: two that import the same file at once would both find that it is new. */
  async lock(authorId: string, source: string): Promise<void> {
    await this.database.run(lock({ authorId, source }));
  }

  async find(authorId: string, source: string): Promise<{ postId: string; fingerprint: string } | undefined> {
    const [row] = await this.database.run(find({ authorId, source }));
    return row;
  }

  async save(authorId: string, source: string, postId: string, fingerprint: string): Promise<void> {
    await this.database.run(save({ authorId, source, postId, fingerprint }));
  }
}
