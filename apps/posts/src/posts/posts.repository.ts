import { Injectable } from '@nestjs/common';
import { expressionBuilder, type InferResult, type QueryCreator, sql } from 'kysely';
import { jsonBuildObject } from 'kysely/helpers/postgres';
import type { EventData, UserCreatedV1 } from '#contracts';
import { columnsOf, Database, once, pick, type Statement, rowOf } from '#database';
import { type NewEvent, Outbox } from '#events';
import { type CurrentAccount, isId, may } from '#runtime';
import { type Author, type Category, type DB, db, type Post } from '../tables.js';

export interface PostAuthor {
  readonly id: string;
  readonly handle: string;
  readonly displayName: string;
  readonly imageUrl: string | null;
}

export interface PostCategory {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
}

const LISTED = [
  ...(['id', 'authorId', 'slug', 'title', 'summary', 'status', 'tags', 'version', 'likes', 'comments'] as const),
  ...(['createdAt', 'updatedAt', 'publishedAt'] as const),
] as const;
const TEXTS = ['categoryId', 'body', 'bodyHtml', 'mentions', 'sequence', 'commentSequence'] as const;
const CONTENT = [...LISTED, ...TEXTS] as const;
/** What an author or an editor changes; counts and creation stay. */
const CHANGED = [
  ...(['title', 'summary', 'body', 'bodyHtml', 'status', 'tags', 'mentions', 'categoryId'] as const),
  ...(['version', 'sequence', 'updatedAt', 'publishedAt'] as const),
] as const;

const a = expressionBuilder<{ a: Author }, 'a'>();
export const AUTHOR = jsonBuildObject({
  id: a.ref('a.id'),
  handle: a.ref('a.handle'),
  displayName: a.ref('a.displayName'),
  imageUrl: a.ref('a.imageUrl'),
});
const k = expressionBuilder<{ k: Category }, 'k'>();
const CATEGORY = jsonBuildObject({ id: k.ref('k.id'), slug: k.ref('k.slug'), name: k.ref('k.name') });

const p = expressionBuilder<DB & { p: Post }, 'p'>();

/** Not `exists`: Postgres would hash all likes of the viewer, or even read all likes there are, instead of one per row. */
function likedBy(viewer: string | null) {
  const like = p.selectFrom('likes as l').select('l.active').whereRef('l.postId', '=', 'p.id');
  return p.fn.coalesce(like.where('l.accountId', '=', sql<string>`${viewer}::uuid`), sql.lit(false)).$castTo<boolean>();
}

/** The tables, and a CTE `shown` with the columns of posts, if a query has one. */
export type Source = QueryCreator<DB & { shown: Post }>;

/** The rows of the posts whose ids are in `place`. */
export function rowsOf(placed: QueryCreator<DB & { place: { id: string } }>): Source {
  return placed.with('shown', (cte) =>
    cte.selectFrom('place').innerJoin('posts as p', 'p.id', 'place.id').selectAll('p'),
  );
}

/** The start of every select of listed posts, with the alias p. */
export function selectListed(
  viewer: string | null,
  source = db as unknown as Source,
  from: 'posts as p' | 'shown as p' = 'posts as p',
) {
  return source
    .selectFrom(from)
    .innerJoin('authors as a', 'a.id', 'p.authorId')
    .leftJoin('categories as k', 'k.id', 'p.categoryId')
    .select(columnsOf('p', LISTED))
    .select((eb) => [
      AUTHOR.as('author'),
      eb.case().when('k.id', 'is not', null).then(CATEGORY).end().as('category'),
      likedBy(viewer).as('likedByMe'),
    ]);
}

function selectWhole(viewer: string | null) {
  return selectListed(viewer).select(columnsOf('p', TEXTS));
}

const written = expressionBuilder<DB, 'posts'>();
/** The names of author and category of a row that is being written. */
const NAMES = [
  written.selectFrom('authors as a').select(AUTHOR.as('author')).whereRef('a.id', '=', 'posts.authorId').as('author'),
  written
    .selectFrom('categories as k')
    .select(CATEGORY.as('category'))
    .whereRef('k.id', '=', 'posts.categoryId')
    .as('category'),
] as const;

/** A row without its texts. */
export type ListedPost = InferResult<ReturnType<typeof selectListed>>[number];
export type PostRow = InferResult<ReturnType<typeof selectWhole>>[number];
/** Author and category belong to other rows: their names may change at any time. */
export interface PostNames {
  readonly author: PostAuthor | null;
  readonly category: PostCategory | null;
}
export type PostContent = Omit<PostRow, 'author' | 'category'>;

export interface ProjectedFollow {
  readonly followerId: string;
  readonly followeeId: string;
  readonly sequence: number;
  readonly active: boolean;
}

interface Viewed {
  readonly value: string;
  readonly viewer: string | null;
}

const find = {
  id: once('posts: find by id', ({ value, viewer }: Viewed) => selectWhole(viewer).where('p.id', '=', value)),
  slug: once('posts: find by slug', ({ value, viewer }: Viewed) => selectWhole(viewer).where('p.slug', '=', value)),
};
const lock = once('posts: lock', ({ value, viewer }: Viewed) =>
  selectWhole(viewer).where('p.id', '=', value).forUpdate('p'),
);
const idOf = once('posts: id of a slug', ({ slug }: { slug: string }) =>
  db.selectFrom('posts').select('id').where('slug', '=', slug),
);
const likedAmong = once('posts: liked among these', ({ ids, viewer }: { ids: readonly string[]; viewer: string }) =>
  db
    .selectFrom('likes')
    .select('postId as id')
    .where('postId', '=', sql<string>`any(${ids})`)
    .where('accountId', '=', viewer)
    .where('active', '=', sql.lit(true)),
);
const publishedBy = once('posts: published by', ({ ids, limit }: { ids: readonly string[]; limit: number }) =>
  db
    .selectFrom('posts')
    .select('id')
    .where('authorId', '=', sql<string>`any(${ids})`)
    .where('status', '=', sql.lit('published'))
    .limit(limit),
);
const visible = once(
  'posts: is visible',
  ({ id, viewer, moderator }: { id: string; viewer: string | null; moderator: boolean }) =>
    db
      .selectFrom('posts')
      .select('id')
      .where('id', '=', id)
      .where((eb) =>
        eb.or([
          eb('status', '=', sql.lit('published')),
          eb('authorId', '=', sql<string>`${viewer}`),
          sql<boolean>`${moderator}`,
        ]),
      ),
);
const add = once('posts: add', (post: PostContent) =>
  db.insertInto('posts').values(pick(post, CONTENT)).returning(NAMES),
);
const save = once('posts: save', (post: PostContent) =>
  db.updateTable('posts').set(pick(post, CHANGED)).where('id', '=', post.id).returning(NAMES),
);
const remove = once('posts: remove', ({ id }: { id: string }) =>
  db.deleteFrom('posts').where('id', '=', id).returning('id'),
);
const countPublished = once('posts: count published', () =>
  db
    .selectFrom('posts')
    .where('status', '=', sql.lit('published'))
    .select((eb) => eb.fn.countAll<number>().as('total')),
);
/** An array: with `in`, a plan for an unknown limit would read the whole table for each batch. */
const bumpSequences = once('posts: bump sequences', ({ after, limit }: { after: string; limit: number }) => {
  const next = db
    .selectFrom('posts')
    .select('id')
    .where('status', '=', sql.lit('published'))
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .forUpdate();
  return db
    .with('moved', (cte) =>
      cte
        .updateTable('posts')
        .set((eb) => ({ sequence: eb('sequence', '+', sql.lit(1)) }))
        .where('id', '=', sql<string>`any(array(${next}))`)
        .returningAll(),
    )
    .selectFrom('moved as p')
    .select(columnsOf('p', CONTENT))
    .orderBy('p.id');
});
const findAuthor = {
  id: once('posts: find author by id', ({ name }: { name: string }) =>
    db.selectFrom('authors').select('id').where('id', '=', name),
  ),
  handle: once('posts: find author by handle', ({ name }: { name: string }) =>
    db.selectFrom('authors').select('id').where('handle', '=', name).limit(sql.lit(1)),
  ),
};
const upsertAuthors = once(
  'posts: upsert authors',
  ({ profiles }: { profiles: string }) => sql<never>`
    insert into authors as a (id, handle, display_name, image_url, version)
    select distinct on (id) id, handle, "displayName", "imageUrl", version from json_to_recordset(${profiles})
      as p (id uuid, handle text, "displayName" text, "imageUrl" text, version bigint)
    order by id, version desc
    on conflict (id) do update set handle = excluded.handle, display_name = excluded.display_name,
      image_url = excluded.image_url, version = excluded.version where a.version < excluded.version`,
);
const upsertFollows = once(
  'posts: upsert follows',
  ({ follows }: { follows: string }) => sql<never>`
    insert into follows as f (follower_id, followee_id, sequence, active)
    select distinct on ("followerId", "followeeId") "followerId", "followeeId", sequence, active
    from json_to_recordset(${follows}) as n ("followerId" uuid, "followeeId" uuid, sequence bigint, active boolean)
    order by "followerId", "followeeId", sequence desc
    on conflict (follower_id, followee_id) do update set sequence = excluded.sequence, active = excluded.active
    where f.sequence < excluded.sequence`,
);

/** Of the ids in $1, those whose profiles this service has. */
export const KNOWN_ACCOUNTS = 'select id from authors where id = any($1)';

@Injectable()
export class PostsRepository {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {}

  async find(by: 'id' | 'slug', value: string, viewer: string | undefined): Promise<PostRow | undefined> {
    const [post] = await this.database.run(find[by]({ value, viewer: viewer ?? null }));
    return post;
  }

  async idOf(slug: string): Promise<string | undefined> {
    const [post] = await this.database.run(idOf({ slug }));
    return post?.id;
  }

  /** Of these posts, those that the viewer likes. */
  async likedAmong(ids: readonly string[], viewer: string): Promise<ReadonlySet<string>> {
    const rows = await this.database.run(likedAmong({ ids, viewer }));
    return new Set(rows.map((row) => row.id));
  }

  async publishedBy(ids: readonly string[], limit: number): Promise<{ id: string }[]> {
    return this.database.run(publishedBy({ ids, limit }));
  }

  /** Whether the viewer may know that the post exists. */
  async isVisible(id: string, viewer: CurrentAccount | undefined): Promise<boolean> {
    const given = { id, viewer: viewer?.id ?? null, moderator: may(viewer, 'moderate') };
    return (await this.database.run(visible(given))).length > 0;
  }

  async lock(id: string, viewer: string): Promise<PostRow | undefined> {
    const [post] = await this.database.run(lock({ value: id, viewer }));
    return post;
  }

  async add(post: PostContent, event: NewEvent | undefined): Promise<PostNames> {
    return rowOf(await this.write(add(post), event));
  }

  async save(post: PostContent, event: NewEvent | undefined): Promise<PostNames> {
    return rowOf(await this.write(save(post), event));
  }

  /** Takes the next sequence of the published posts that come next after an id. */
  async bumpSequences(after: string, limit: number): Promise<Omit<PostContent, 'likedByMe'>[]> {
    return this.database.run(bumpSequences({ after, limit }));
  }

  /** Reads every published post: for operators. */
  async countPublished(): Promise<number> {
    const [found] = await this.database.run(countPublished({}));
    return found?.total ?? 0;
  }

  async remove(id: string, event: NewEvent | undefined): Promise<void> {
    await this.write(remove({ id }), event);
  }

  /** By id or handle. */
  async findAuthor(idOrHandle: string): Promise<{ id: string } | undefined> {
    const name = idOrHandle.toLowerCase();
    const [author] = await this.database.run(findAuthor[isId(name) ? 'id' : 'handle']({ name }));
    return author;
  }

  /** An older version never replaces a newer one. */
  async upsertAuthors(profiles: readonly EventData<typeof UserCreatedV1>[]): Promise<void> {
    await this.database.run(upsertAuthors({ profiles: JSON.stringify(profiles) }));
  }

  /** An older event of a follower and a followee never replaces a newer one. */
  async upsertFollows(follows: readonly ProjectedFollow[]): Promise<void> {
    await this.database.run(upsertFollows({ follows: JSON.stringify(follows) }));
  }

  private async write<Row extends object>(change: Statement<Row>, event: NewEvent | undefined): Promise<Row[]> {
    return event ? this.outbox.appendWith(change, event) : this.database.run(change);
  }
}
