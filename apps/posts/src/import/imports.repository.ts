import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database, once } from '#database';
import { db } from '../tables.js';

interface Source {
  readonly authorId: string;
  readonly source: string;
}

/** The post of a file, and what the file was when it was imported last. */
export interface KnownFile {
  readonly postId: string;
  readonly fingerprint: string;
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
const ofSite = once('imports: of a site', ({ authorId, prefix }: { authorId: string; prefix: string }) =>
  db
    .selectFrom('imports as i')
    .innerJoin('posts as p', 'p.id', 'i.postId')
    .select(['i.source', 'p.slug'])
    .where('i.authorId', '=', authorId)
    .where(sql<boolean>`starts_with(i.source, ${prefix})`)
    .orderBy('i.source'),
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

  async find(authorId: string, source: string): Promise<KnownFile | undefined> {
    const [row] = await this.database.run(find({ authorId, source }));
    return row;
  }

  /** The slugs of the posts of files whose source begins with `prefix`, by source. */
  async ofSite(authorId: string, prefix: string): Promise<ReadonlyMap<string, string>> {
    const rows = await this.database.run(ofSite({ authorId, prefix }));
    return new Map(rows.map(({ source, slug }) => [source, slug]));
  }

  async save(authorId: string, source: string, postId: string, fingerprint: string): Promise<void> {
    await this.database.run(save({ authorId, source, postId, fingerprint }));
  }
}
