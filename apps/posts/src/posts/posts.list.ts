import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { cursorTime, isId, MOST_COUNTED, type Position, text } from '#runtime';
import { z } from 'zod';
import type { PostsQuery } from './posts.dto.js';
import { type ListedPost, selectListed } from './posts.repository.js';

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

export interface PostsOrder {
  readonly by: 'created_at' | 'published_at' | 'title' | 'likes' | 'relevance';
  readonly type: 'timestamptz' | 'text' | 'int' | 'real';
  /** What a cursor may hold. */
  readonly value: z.ZodType<string>;
  readonly descending: boolean;
  readonly valueOf: (post: FoundPost) => string;
}

/** A post in a list; where something was searched for, with what was found, as safe HTML. */
export interface FoundPost extends ListedPost {
  readonly relevance?: number;
  readonly highlights?: { readonly title: string; readonly body: string };
}

/** What is searched comes best first. A draft has no time of publication, so those are in the order of their creation. */
export function orderOf({ sort, status, q }: Pick<PostsQuery, 'sort' | 'status' | 'q'>): PostsOrder {
  const asked = sort ?? (q === undefined ? '-publishedAt' : '-relevance');
  const descending = asked.startsWith('-');
  const field = asked.replace('-', '');
  if (field === 'title') return { ...byTitle, descending };
  if (field === 'likes') return { ...byLikes, descending };
  if (field === 'relevance') return { ...byRelevance, descending };
  return { ...(field === 'createdAt' || status === 'draft' ? byCreation : byPublication), descending };
}

/** Below it Postgres finds no `real`. */
const SMALLEST_REAL = 1e-37;

const byTitle = { by: 'title', type: 'text', value: text(1, 200), valueOf: (post: FoundPost) => post.title } as const;
const byLikes = {
  by: 'likes',
  type: 'int',
  value: z.string().regex(/^\d{1,9}$/),
  valueOf: (post: FoundPost) => String(post.likes),
} as const;
const byRelevance = {
  by: 'relevance',
  type: 'real',
  value: z
    .string()
    .regex(/^\d(\.\d{1,12})?(e-\d{1,2})?$/)
    .refine((rank) => Number(rank) === 0 || Number(rank) > SMALLEST_REAL),
  valueOf: (post: FoundPost) => String(post.relevance),
} as const;
const byCreation = {
  by: 'created_at',
  type: 'timestamptz',
  value: cursorTime,
  valueOf: (post: FoundPost) => post.createdAt.toISOString(),
} as const;
const byPublication = {
  by: 'published_at',
  type: 'timestamptz',
  value: cursorTime,
  valueOf: (post: FoundPost) => post.publishedAt?.toISOString() ?? '',
} as const;
const newestFirst: PostsOrder = { ...byPublication, descending: true };

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
    const count = new Statement(filter, order);
    const [counted] = await this.runner(filter)<{ total: number }>(
      `select count(*) as total from (select from posts p where ${count.where} limit ${MOST_COUNTED + 1}) as some_posts`,
      count.values,
    );
    const statement = new Statement(filter, order);
    const rows = await this.runner(filter)<FoundPost>(
      statement.page(`${statement.orderBy(order)} limit ${limit} offset ${(page - 1) * limit}`),
      statement.values,
    );
    return { rows, total: counted?.total ?? 0 };
  }

  async after(
    filter: PostsFilter,
    order: PostsOrder,
    after: Position | undefined,
    limit: number,
  ): Promise<FoundPost[]> {
    const statement = new Statement(filter, order);
    const beyond = after ? statement.beyond(order, after) : undefined;
    return this.runner(filter)<FoundPost>(
      statement.page(`${statement.orderBy(order)} limit ${limit}`, beyond),
      statement.values,
    );
  }

  /** A search may cost what a client likes; everything else has its index. */
  private runner({ q }: PostsFilter) {
    const { database } = this;
    return <Row extends object>(text: string, values: readonly unknown[]) =>
      q === undefined ? database.query<Row>(text, values) : database.queryBounded<Row>(text, values);
  }

  /** Of the authors whom `follower` follows. */
  async feed(follower: string, after: Position | undefined, limit: number): Promise<ListedPost[]> {
    const statement = new Statement({ status: 'published', viewer: follower }, newestFirst);
    const follows = `exists (select from follows f
      where f.follower_id = ${statement.given(follower)} and f.followee_id = p.author_id and f.active)`;
    const beyond = after ? `and ${statement.beyond(newestFirst, after)}` : '';
    return this.database.query<ListedPost>(
      `${statement.select} where ${statement.where} ${beyond} and ${follows} ${statement.orderBy(newestFirst)} limit ${limit}`,
      statement.values,
    );
  }
}

/** Matches that are ranked, the newest. */
const RANKED = 1_000;

/** Shown instead of where something was found in a long text: three places of it. */
const PLACES = 'StartSel=<mark>, StopSel=</mark>, MaxFragments=3, MinWords=8, MaxWords=20, FragmentDelimiter=" … "';
const ALL = 'StartSel=<mark>, StopSel=</mark>, HighlightAll=true';
/**
 * The only tags in what is shown are ours: a title is escaped, and the HTML of a body loses its tags. Of a long body only the
 * beginning is looked at, and what has no spaces gets some: the parser takes time with the square of its length.
 */
const TITLE = `replace(replace(replace(p.title, '&', '&amp;'), '<', '&lt;'), '>', '&gt;')`;
const BODY = `regexp_replace(regexp_replace(left(p.body_html, 4000), '<[^>]*(>|$)', '', 'g'), '(\\S{100})', '\\1 ', 'g')`;

/** One statement about listed posts. What is given becomes a parameter; only names written here become SQL. */
class Statement {
  readonly values: unknown[] = [];
  readonly where: string;
  private readonly query: string | undefined;

  constructor(
    private readonly filter: PostsFilter,
    private readonly order: PostsOrder,
  ) {
    this.query =
      filter.q === undefined ? undefined : `websearch_to_tsquery('english', ${this.given(searchable(filter.q))})`;
    this.where = this.conditions().join(' and ');
  }

  given(value: unknown): string {
    return `$${this.values.push(value)}`;
  }

  get select(): string {
    const viewer = this.values.push(this.filter.viewer ?? null);
    if (!this.query) return selectListed(viewer);
    const found = `json_build_object('title', ts_headline('english', ${TITLE}, ${this.query}, '${ALL}'),
      'body', ts_headline('english', ${BODY}, ${this.query}, '${PLACES}')) as highlights`;
    return selectListed(viewer, `, ${this.expression('relevance')} as relevance, ${found}`);
  }

  /**
   * The rows that `end` orders and limits. What is ranked is the newest RANKED matches: a word that half of all posts hold
   * would have every one of them read. Highlights are made of the rows that are shown.
   */
  page(end: string, beyond?: string): string {
    if (!this.query) return `${this.select} where ${this.where} ${beyond ? `and ${beyond}` : ''} ${end}`;
    const newest = this.order.by === 'relevance' ? `order by p.published_at desc limit ${RANKED}` : '';
    const isShown = beyond ? `where ${beyond}` : '';
    return `with found as (select p.* from posts p where ${this.where} ${newest}),
      shown as (select p.* from found p ${isShown} ${end})
      ${this.select.replace('from posts p', 'from shown p')} ${this.orderBy(this.order)}`;
  }

  orderBy({ by, descending }: PostsOrder): string {
    const direction = descending ? 'desc' : 'asc';
    return `order by ${this.expression(by)} ${direction}, p.id ${direction}`;
  }

  beyond({ by, type, descending }: PostsOrder, { value, id }: Position): string {
    const position = `(${this.given(value)}::${type}, ${this.given(id)}::uuid)`;
    return `(${this.expression(by)}, p.id) ${descending ? '<' : '>'} ${position}`;
  }

  private expression(by: PostsOrder['by']): string {
    return by === 'relevance' ? `ts_rank(p.search, ${this.query})` : `p.${by}`;
  }

  private conditions(): string[] {
    const { status, author, tag, category, viewer, moderator } = this.filter;
    const conditions = [`p.status = '${status === 'draft' ? 'draft' : 'published'}'`];
    if (status === 'draft' && !moderator) conditions.push(`p.author_id = ${this.given(viewer)}`);
    if (author !== undefined) conditions.push(`p.author_id = ${this.idOf('authors', 'handle', author)}`);
    if (category !== undefined) conditions.push(`p.category_id = ${this.idOf('categories', 'slug', category)}`);
    if (tag !== undefined) conditions.push(`p.tags @> array[${this.given(tag)}]`);
    if (this.query) conditions.push(`p.search @@ ${this.query}`);
    return conditions;
  }

  private idOf(table: 'authors' | 'categories', column: 'handle' | 'slug', idOrName: string): string {
    if (isId(idOrName)) return this.given(idOrName);
    return `(select id from ${table} where ${column} = ${this.given(idOrName.toLowerCase())} limit 1)`;
  }
}

/** Only a minus directly before a word or a phrase says something; a run of them overflows the stack of the parser. */
function searchable(q: string): string {
  return q.replace(/-+/g, '-').replace(/-(?![\p{L}\p{N}"])/gu, ' ');
}
