import { Injectable } from '@nestjs/common';
import { type Expression, expressionBuilder, type RawBuilder, sql, type SqlBool } from 'kysely';
import { Database, perShape, type Statement } from '#database';
import { isId, isUsualPage, MAX_COUNTED, type Position } from '#runtime';
import { type DB, db, type Post } from '../tables.js';
import { rowsOf, selectListed, type Source } from '../posts/posts.repository.js';
import type { FoundPost, PostsOrder } from './posts.order.js';

export interface PostsFilter {
  readonly status: 'draft' | 'published';
  readonly author?: string | undefined;
  readonly tag?: string | undefined;
  readonly category?: string | undefined;
  /** Full text. */
  readonly q?: string | undefined;
  /** Whose likes are shown; and whose drafts, if drafts are asked for. */
  readonly viewer: string | undefined;
  /** Whether the drafts of others are shown too. */
  readonly moderator?: boolean;
}

/** Lists of posts. Each filter and order has an index; a page deep down is reached by a cursor, never by an offset. */
@Injectable()
export class PostsList {
  constructor(private readonly database: Database) {}

  async page(
    filter: PostsFilter,
    order: PostsOrder,
    page: number,
    limit: number,
  ): Promise<{ rows: FoundPost[]; total: number }> {
    const [counted] = await this.run(filter, countPosts(filterShape(filter), given(filter)));
    const shape = { ...listShape(filter, order, limit), offset: (page - 1) * limit };
    const rows = await this.run(filter, listPosts(shape, given(filter)));
    return { rows, total: counted?.total ?? 0 };
  }

  async after(
    filter: PostsFilter,
    order: PostsOrder,
    after: Position | undefined,
    limit: number,
  ): Promise<FoundPost[]> {
    const shape = { ...listShape(filter, order, limit), after: after !== undefined };
    return this.run(filter, listPosts(shape, given(filter, after)));
  }

  /** The cost of a search depends on what a client asks for; everything else has an index. */
  private run<Row>({ q }: PostsFilter, statement: Statement<Row>): Promise<Row[]> {
    return q === undefined ? this.database.run(statement) : this.database.runBounded(statement);
  }
}

type By = 'id' | 'name';

interface FilterShape {
  readonly status: 'draft' | 'published';
  readonly ownDrafts: boolean;
  readonly author?: By | undefined;
  readonly category?: By | undefined;
  readonly tag: boolean;
  readonly q: boolean;
}

interface ListShape extends FilterShape {
  readonly by: PostsOrder['by'];
  readonly type: PostsOrder['type'];
  readonly descending: boolean;
  readonly limit: number;
  readonly offset?: number;
  readonly after?: boolean;
}

interface Given {
  readonly viewer: string | null;
  readonly author: string;
  readonly category: string;
  readonly tag: string;
  readonly q: string;
  /** Where a cursor stands. */
  readonly value: string;
  readonly id: string;
}

function byIdOrName(name: string | undefined): By | undefined {
  if (name === undefined) return undefined;
  return isId(name) ? 'id' : 'name';
}

function filterShape({ status, author, category, tag, q, moderator = false }: PostsFilter): FilterShape {
  return {
    status,
    ownDrafts: status === 'draft' && !moderator,
    author: byIdOrName(author),
    category: byIdOrName(category),
    tag: tag !== undefined,
    q: q !== undefined,
  };
}

function listShape(filter: PostsFilter, { by, type, descending }: PostsOrder, limit: number): ListShape {
  return { ...filterShape(filter), by, type, descending, limit };
}

function given({ viewer, author = '', category = '', tag = '', q = '' }: PostsFilter, after?: Position): Given {
  const [value, id] = [after?.value ?? '', after?.id ?? ''];
  const names = { author: author.toLowerCase(), category: category.toLowerCase() };
  return { viewer: viewer ?? null, ...names, tag, q: searchable(q), value, id };
}

const plain: FilterShape = { status: 'published', ownDrafts: false, tag: false, q: false };
const filters: FilterShape[] = [
  plain,
  { ...plain, status: 'draft', ownDrafts: true },
  { ...plain, author: 'name' },
  { ...plain, category: 'id' },
  { ...plain, tag: true },
  { ...plain, q: true },
];
const newest = { by: 'publishedAt', type: 'timestamptz', descending: true, limit: 20 } as const;

/** How rare a tag or a word is decides the best plan, so that those are planned for their values. */
const isPlannedOnce = ({ author, category, tag, q }: FilterShape) => !tag && !q && !(author && category);

/** Published, by one filter at most: such lists have kept counts. */
const isSimple = ({ status, author, category, tag, q }: FilterShape) =>
  status === 'published' && !q && [author, category, tag].filter(Boolean).length <= 1;

const countPosts = perShape(
  'posts-list: count',
  filters,
  (shape: FilterShape, values: Given) => {
    const { author, category, tag } = shape;
    if (!isSimple(shape)) return countUpToLimit(shape, values);
    if (tag) return keptOfTag(values);
    if (author) return keptOfAuthor(author, values);
    return category ? keptOfCategory(category, values) : keptOfAll();
  },
  isPlannedOnce,
);

// Counts that triggers keep (decisions 7 and 21).
const keptOfAll = () => db.selectFrom('publishedTotals').select(sumOfParts);
const keptOfCategory = (by: By, { category }: Given) =>
  db
    .selectFrom('categoryTotals')
    .select(sumOfParts)
    .where('categoryId', '=', idOf(by, 'categories', 'slug', category));
const keptOfTag = ({ tag }: Given) =>
  db
    .selectFrom('tags')
    .select('posts as total')
    .where('name', '=', sql<string>`${tag}`);
const keptOfAuthor = (by: By, { author }: Given) =>
  db
    .selectFrom('authorCounts')
    .select('posts as total')
    .where('authorId', '=', idOf(by, 'authors', 'handle', author));

const sumOfParts = sql<number>`coalesce(sum(posts), 0)::integer`.as('total');

/** Drafts in the order of their index: then they are counted in the index, not in the table. */
function countUpToLimit(shape: FilterShape, values: Given) {
  const counted = db
    .selectFrom('posts as p')
    .select(sql.lit(1).as('one'))
    .where(matches(shape, values))
    .$if(isPlannedOnce(shape), (query) => query.orderBy('p.createdAt', 'desc').orderBy('p.id', 'desc'))
    .limit(sql.lit(MAX_COUNTED + 1));
  return db.selectFrom(counted.as('counted')).select((eb) => eb.fn.countAll<number>().as('total'));
}

const listPosts = perShape(
  'posts-list: list',
  [
    ...filters.map((filter) => ({ ...filter, ...newest })),
    { ...plain, ...newest, after: true },
    { ...plain, ...newest, by: 'title', type: 'text', descending: false, offset: 40 },
    { ...plain, ...newest, q: true, by: 'relevance', type: 'real', after: true },
  ] satisfies ListShape[],
  (shape: ListShape, values: Given) => {
    const { q, by, descending, limit, after = false } = shape;
    const direction = descending ? 'desc' : 'asc';
    const order = expressionOf(by, values);
    const shown = shownBy(shape, values);
    const selected = shown ? selectListed(values.viewer, shown, 'shown as p') : selectListed(values.viewer);
    const paged = selected
      .$if(q, (query) => query.select([rank(values).as('relevance'), highlights(values).as('highlights')]))
      .orderBy(order, direction)
      .orderBy('p.id', direction);
    if (shown) return paged;
    return paged
      .where(matches(shape, values))
      .$if(after, (query) => query.where(isBeyond(shape, values)))
      .limit(sql.lit(limit));
  },
  // Another order with an author or a category depends on how many posts those have.
  (shape) => isUsualPage(shape) && isInUsualOrder(shape) && (isPlannedOnce(shape) || isOfOneTag(shape)),
);

/** The rows that are shown, where they are found before they are read; undefined for a page that begins with the list. */
function shownBy(shape: ListShape, values: Given): Source | undefined {
  if (shape.q) return foundBy(shape, values);
  if (isOfOneTag(shape)) return taggedBy(shape, values);
  return shape.offset ? skippedTo(shape, values) : undefined;
}

function isInUsualOrder({ status, by, descending }: ListShape): boolean {
  return descending && by === (status === 'draft' ? 'createdAt' : 'publishedAt');
}

/**
 * A page further on. What is skipped is skipped in the index: only the rows that are shown are read and joined. A post whose
 * author is not projected yet takes a place, although it is not shown.
 */
function skippedTo(shape: ListShape, values: Given): Source {
  const { by, descending, limit, offset = 0 } = shape;
  const direction = descending ? 'desc' : 'asc';
  const placed = db.with('place', (cte) =>
    cte
      .selectFrom('posts as p')
      .select('p.id')
      .where(matches(shape, values))
      .orderBy(expressionOf(by, values), direction)
      .orderBy('p.id', direction)
      .limit(sql.lit(limit))
      .offset(sql.lit(offset)),
  );
  return rowsOf(placed);
}

/** By tag alone, in the order of publication: there is a table of those. */
function isOfOneTag(shape: ListShape): boolean {
  return shape.tag && isSimple(shape) && shape.by === 'publishedAt';
}

function taggedBy({ descending, limit, offset = 0, after = false }: ListShape, { tag, value, id }: Given): Source {
  const direction = descending ? 'desc' : 'asc';
  const than = sql.raw(descending ? '<' : '>');
  const placed = db.with('place', (cte) =>
    cte
      .selectFrom('postTags as t')
      .select('t.postId as id')
      .where('t.tag', '=', sql<string>`${tag}`)
      .$if(after, (query) =>
        query.where(sql<boolean>`(t.published_at, t.post_id) ${than} (${value}::timestamptz, ${id}::uuid)`),
      )
      .orderBy('t.publishedAt', direction)
      .orderBy('t.postId', direction)
      .limit(sql.lit(limit))
      .$if(offset > 0, (query) => query.offset(sql.lit(offset))),
  );
  return rowsOf(placed);
}

/** Matches that are ranked, the newest. */
const RANKED = 1_000;

/**
 * The page of a search. What is ranked is the newest RANKED matches: a word that half of all posts hold would have every
 * one of them read. Highlights are made of the rows that are shown.
 */
function foundBy(shape: ListShape, values: Given): Source {
  const { by, descending, limit, offset = 0, after = false } = shape;
  const direction = descending ? 'desc' : 'asc';
  return db
    .with('found', (cte) =>
      cte
        .selectFrom('posts as p')
        .selectAll('p')
        .where(matches(shape, values))
        .$if(by === 'relevance', (query) => query.orderBy('p.publishedAt', 'desc').limit(sql.lit(RANKED))),
    )
    .with('shown', (cte) =>
      cte
        .selectFrom('found as p')
        .selectAll('p')
        .$if(after, (query) => query.where(isBeyond(shape, values)))
        .orderBy(expressionOf(by, values), direction)
        .orderBy('p.id', direction)
        .limit(sql.lit(limit))
        .$if(offset > 0, (query) => query.offset(sql.lit(offset))),
    );
}

const p = expressionBuilder<DB & { p: Post }, 'p'>();

function matches(shape: FilterShape, { viewer, author, category, tag, q }: Given): Expression<SqlBool> {
  return p.and([
    // A literal: a generic plan cannot use a partial index for a parameter.
    p('p.status', '=', sql.lit(shape.status)),
    ...(shape.ownDrafts ? [p('p.authorId', '=', sql<string>`${viewer}`)] : []),
    ...(shape.author ? [p('p.authorId', '=', idOf(shape.author, 'authors', 'handle', author))] : []),
    ...(shape.category ? [p('p.categoryId', '=', idOf(shape.category, 'categories', 'slug', category))] : []),
    ...(shape.tag ? [p('p.tags', '@>', sql<string[]>`array[${tag}]`)] : []),
    ...(shape.q ? [sql<boolean>`p.search @@ ${asked(q)}`] : []),
  ]);
}

function idOf(by: By, table: 'authors' | 'categories', column: 'handle' | 'slug', name: string): RawBuilder<string> {
  if (by === 'id') return sql<string>`${name}`;
  return sql<string>`(select id from ${sql.table(table)} where ${sql.ref(column)} = ${name} limit 1)`;
}

function isBeyond({ by, type, descending }: ListShape, values: Given): Expression<SqlBool> {
  const than = sql.raw(descending ? '<' : '>');
  return sql`(${expressionOf(by, values)}, p.id) ${than} (${values.value}::${sql.raw(type)}, ${values.id}::uuid)`;
}

function expressionOf(by: PostsOrder['by'], values: Given): Expression<unknown> {
  return by === 'relevance' ? rank(values) : p.ref(`p.${by}`);
}

const asked = (q: string) => sql`websearch_to_tsquery('english', ${q})`;
/**
 * Any of the words, each once: what is ranked and highlighted. The time that ts_rank needs for words that must all be there,
 * or for a phrase, grows with the square of their number and of their places in a text; that of ts_headline with the number
 * of words, equal ones too. As a subquery it is computed once, not once per row.
 */
const words = (q: string) =>
  sql`(select replace(strip(to_tsvector('english', ${q}))::text, ''' ''', ''' | ''')::tsquery)`;
const rank = ({ q }: Given) => sql<number>`ts_rank(p.search, ${words(q)})`;

/** Shown instead of where something was found in a long text: three places of it. */
const PLACES = sql.lit(
  'StartSel=<mark>, StopSel=</mark>, MaxFragments=3, MinWords=8, MaxWords=20, FragmentDelimiter=" … "',
);
const ALL = sql.lit('StartSel=<mark>, StopSel=</mark>, HighlightAll=true');
/**
 * The only tags in a highlight are ours: a title is escaped, and the HTML of a body loses its tags. Of a long body only the
 * beginning is parsed, and text without spaces gets some: the parser's time grows with the square of a word's length.
 */
const TITLE = sql`replace(replace(replace(p.title, '&', '&amp;'), '<', '&lt;'), '>', '&gt;')`;
const BODY = sql`regexp_replace(regexp_replace(left(p.body_html, 4000), '<[^>]*(>|$)', '', 'g'), '(\\S{100})', '\\1 ', 'g')`;

const highlights = ({ q }: Given) =>
  sql<{ title: string; body: string }>`json_build_object('title', ts_headline('english', ${TITLE}, ${words(q)}, ${ALL}),
    'body', ts_headline('english', ${BODY}, ${words(q)}, ${PLACES}))`;

/**
 * Only a minus directly before a word or a phrase has a meaning; a run of them overflows the stack of the parser. A word in
 * angle brackets would be a tag, which has no words to rank by.
 */
function searchable(q: string): string {
  return q
    .replace(/[<>]/g, ' ')
    .replace(/-+/g, '-')
    .replace(/-(?![\p{L}\p{N}"])/gu, ' ');
}
