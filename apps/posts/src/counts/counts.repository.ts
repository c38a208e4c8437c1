import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database, perShape } from '#database';
import { isUsualPage, MAX_COUNTED } from '#runtime';
import { AUTHOR, type PostAuthor } from '../posts/posts.repository.js';
import { db } from '../tables.js';

export interface Range {
  readonly descending: boolean;
  readonly limit: number;
  readonly offset: number;
}

export interface TagsRange extends Range {
  readonly by: 'name' | 'posts';
}

const firstPage = { descending: true, limit: 20, offset: 0 };

const listTags = perShape(
  'counts: tags',
  [{ ...firstPage, by: 'posts' }],
  ({ by, descending, limit, offset }: TagsRange) =>
    db
      .selectFrom('tags')
      .select(['name', 'posts'])
      .where('posts', '>', sql.lit(0))
      .orderBy(by, descending ? 'desc' : 'asc')
      .$if(by === 'posts', (query) => query.orderBy('name'))
      .limit(sql.lit(limit))
      .offset(sql.lit(offset)),
  isUsualPage,
);
const listAuthors = perShape(
  'counts: authors',
  [firstPage],
  ({ descending, limit, offset }: Range) =>
    db
      .selectFrom('authorCounts as c')
      .innerJoin('authors as a', 'a.id', 'c.authorId')
      .select((eb) => [AUTHOR.as('author'), 'c.posts', eb.ref('c.lastPostAt').$notNull().as('lastPostAt')])
      .where('c.posts', '>', sql.lit(0))
      .orderBy('c.posts', descending ? 'desc' : 'asc')
      .orderBy('c.authorId')
      .limit(sql.lit(limit))
      .offset(sql.lit(offset)),
  isUsualPage,
);
const count = perShape(
  'counts: total',
  ['tags', 'authorCounts'],
  (table: 'tags' | 'authorCounts') =>
    db
      .selectFrom(
        db
          .selectFrom(table)
          .select('posts')
          .where('posts', '>', sql.lit(0))
          .limit(sql.lit(MAX_COUNTED + 1))
          .as('counted'),
      )
      .select((eb) => eb.fn.countAll<number>().as('total')),
  () => true,
);

/** Reads the counts that a trigger keeps (see the migration): no list here reads the posts. */
@Injectable()
export class CountsRepository {
  constructor(private readonly database: Database) {}

  async tags(range: TagsRange): Promise<{ name: string; posts: number }[]> {
    return this.database.run(listTags(range, {}));
  }

  async authors(range: Range): Promise<{ author: PostAuthor; posts: number; lastPostAt: Date }[]> {
    return this.database.run(listAuthors(range, {}));
  }

  /** At most one more than MAX_COUNTED. */
  async total(table: 'tags' | 'authorCounts'): Promise<number> {
    const [row] = await this.database.run(count(table, {}));
    return row?.total ?? 0;
  }
}
