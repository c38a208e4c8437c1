import { Injectable } from '@nestjs/common';
import { type ExpressionBuilder, sql } from 'kysely';
import { Database, perShape } from '#database';
import { isUsualPage, type Position } from '#runtime';
import { type ListedPost, rowsOf, selectListed, type Source } from '../posts/posts.repository.js';
import { type DB, db, type Post } from '../tables.js';

/**
 * Reads the feeds: published posts of the authors whom somebody follows, the latest first. What a page reads is bounded, however
 * many posts there are (decision 22): who follows many finds its posts among the latest of the platform; who follows few, or
 * authors who write rarely, has the latest of each author looked up.
 */
@Injectable()
export class FeedRepository {
  constructor(private readonly database: Database) {}

  async after(follower: string, after: Position | undefined, limit: number): Promise<ListedPost[]> {
    const given = { follower, value: after?.value ?? '', id: after?.id ?? '' };
    return this.database.run(list({ limit, after: after !== undefined }, given));
  }
}

/** Who follows at most so many has the posts of each author looked up at once. */
const FEW = 50;
/** So many of the latest posts of the platform are looked through, in the index. */
const LATEST = 5_000;

interface Shape {
  readonly limit: number;
  readonly after: boolean;
}

interface Given {
  readonly follower: string;
  /** Where a cursor stands. */
  readonly value: string;
  readonly id: string;
}

const list = perShape(
  'feed: list',
  [
    { limit: 21, after: false },
    { limit: 21, after: true },
  ],
  (shape: Shape, given: Given) =>
    selectListed(given.follower, shownBy(shape, given), 'shown as p')
      .orderBy('p.publishedAt', 'desc')
      .orderBy('p.id', 'desc'),
  isUsualPage,
);

/** The rows that are shown. Those found by author, if they are looked up at all, include those found among the latest. */
function shownBy({ limit, after }: Shape, given: Given): Source {
  const isListed = (p: Posts) =>
    p.and([
      p('p.status', '=', sql.lit('published')),
      ...(after ? [sql<boolean>`(p.published_at, p.id) < (${given.value}::timestamptz, ${given.id}::uuid)`] : []),
    ]);
  const latestOf = (author: 'f.authorId' | 'h.authorId', count: number) => (eb: Authors) =>
    eb
      .selectFrom('posts as p')
      .select(['p.id', 'p.publishedAt'])
      .whereRef('p.authorId', '=', author)
      .where(isListed)
      .orderBy('p.publishedAt', 'desc')
      .orderBy('p.id', 'desc')
      .limit(sql.lit(count))
      .as('own');
  const placed = db
    .with('followed', (cte) =>
      cte
        .selectFrom('follows')
        .select('followeeId as authorId')
        .where('followerId', '=', given.follower)
        .where('active', '=', sql.lit(true)),
    )
    .with('latest', (cte) =>
      cte
        .selectFrom('posts as p')
        .select(['p.id', 'p.publishedAt', 'p.authorId'])
        .where(isListed)
        .where((eb) => eb(eb.selectFrom('followed').select(eb.fn.countAll().as('count')), '>', sql.lit(FEW)))
        .orderBy('p.publishedAt', 'desc')
        .orderBy('p.id', 'desc')
        .limit(sql.lit(LATEST)),
    )
    .with('among', (cte) =>
      cte
        .selectFrom('latest')
        .select(['id', 'publishedAt'])
        // Not as a join, which would read all of them and sort: a filter keeps the order of the index and ends with the page.
        .where((eb) => sql<boolean>`(${eb('authorId', 'in', eb.selectFrom('followed').select('authorId'))}) is true`)
        .orderBy('publishedAt', 'desc')
        .orderBy('id', 'desc')
        .limit(sql.lit(limit)),
    )
    // The page is among the posts of those authors whose own latest are the latest: as many authors as the page has rows.
    .with('heads', (cte) =>
      cte
        .selectFrom('followed as f')
        .innerJoinLateral(latestOf('f.authorId', 1), (join) => join.onTrue())
        .select('f.authorId')
        .where((eb) => eb(eb.selectFrom('among').select(eb.fn.countAll().as('count')), '<', sql.lit(limit)))
        .orderBy('own.publishedAt', 'desc')
        .orderBy('own.id', 'desc')
        .limit(sql.lit(limit)),
    )
    .with('byAuthor', (cte) =>
      cte
        .selectFrom('heads as h')
        .innerJoinLateral(latestOf('h.authorId', limit), (join) => join.onTrue())
        .select(['own.id', 'own.publishedAt'])
        .orderBy('own.publishedAt', 'desc')
        .orderBy('own.id', 'desc')
        .limit(sql.lit(limit)),
    )
    .with('place', (cte) => cte.selectFrom('among').select('id').union(cte.selectFrom('byAuthor').select('id')));
  return rowsOf(placed);
}

type Posts = ExpressionBuilder<DB & { p: Post }, 'p'>;
type Authors = ExpressionBuilder<DB & Record<'f' | 'h', { authorId: string }>, 'f' | 'h'>;
