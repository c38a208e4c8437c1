import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { cursorTime, isId, type Position, text } from '#runtime';
import { z } from 'zod';
import type { PostsQuery } from './posts.dto.js';
import { type ListedPost, selectListed } from './posts.repository.js';

export interface PostsFilter {
  readonly status: 'draft' | 'published';
  readonly author?: string | undefined;
  readonly tag?: string | undefined;
  /** Whose likes are shown; and whose drafts, if drafts are asked for. */
  readonly viewer: string | undefined;
}

export interface PostsOrder {
  readonly column: 'created_at' | 'published_at' | 'title' | 'likes';
  readonly type: 'timestamptz' | 'text' | 'int';
  /** What a cursor may hold. */
  readonly value: z.ZodType<string>;
  readonly descending: boolean;
  readonly valueOf: (post: ListedPost) => string;
}

/** A draft has no time of publication, so those are in the order of their creation. */
export function orderOf({ sort, status }: PostsQuery): PostsOrder {
  const descending = sort.startsWith('-');
  const field = sort.replace('-', '');
  if (field === 'title')
    return { column: 'title', type: 'text', value: text(1, 200), descending, valueOf: (post) => post.title };
  if (field === 'likes') {
    return { column: 'likes', type: 'int', value: count, descending, valueOf: (post) => String(post.likes) };
  }
  if (field === 'createdAt' || status === 'draft') {
    return {
      column: 'created_at',
      type: 'timestamptz',
      value: cursorTime,
      descending,
      valueOf: (post) => post.createdAt.toISOString(),
    };
  }
  const valueOf = (post: ListedPost) => post.publishedAt?.toISOString() ?? '';
  return { column: 'published_at', type: 'timestamptz', value: cursorTime, descending, valueOf };
}

const count = z.string().regex(/^\d{1,9}$/);

const byPublication = { column: 'published_at', type: 'timestamptz', descending: true } as const;

/** Lists of posts. Each filter and order has an index; a page deep down is reached by a cursor, never by an offset. */
@Injectable()
export class PostsList {
  constructor(private readonly database: Database) {}

  async page(
    filter: PostsFilter,
    order: PostsOrder,
    page: number,
    limit: number,
  ): Promise<{ rows: ListedPost[]; total: number }> {
    const values: unknown[] = [];
    const where = whereOf(filter, values);
    const [counted] = await this.database.query<{ total: number }>(
      `select count(*) as total from posts p where ${where}`,
      [...values],
    );
    const rows = await this.database.query<ListedPost>(
      `${selectListed(values.push(filter.viewer ?? null))} where ${where} ${orderBy(order)} limit ${limit} offset ${(page - 1) * limit}`,
      values,
    );
    return { rows, total: counted?.total ?? 0 };
  }

  /** Of the authors whom `follower` follows. */
  async feed(follower: string, after: Position | undefined, limit: number): Promise<ListedPost[]> {
    const values: unknown[] = [follower];
    const keyset = after ? `and ${beyond(byPublication, after, values)}` : '';
    return this.database.query<ListedPost>(
      `${selectListed(1)} where p.status = 'published' ${keyset}
         and exists (select from follows f where f.follower_id = $1 and f.followee_id = p.author_id and f.active)
       ${orderBy(byPublication)} limit ${limit}`,
      values,
    );
  }

  async after(
    filter: PostsFilter,
    order: PostsOrder,
    after: Position | undefined,
    limit: number,
  ): Promise<ListedPost[]> {
    const values: unknown[] = [];
    const where = whereOf(filter, values);
    const keyset = after ? `and ${beyond(order, after, values)}` : '';
    return this.database.query<ListedPost>(
      `${selectListed(values.push(filter.viewer ?? null))} where ${where} ${keyset} ${orderBy(order)} limit ${limit}`,
      values,
    );
  }
}

/** Adds its values to `values` and refers to them by number. Only names written here become SQL. */
function whereOf({ status, author, tag, viewer }: PostsFilter, values: unknown[]): string {
  const given = (value: unknown) => `$${values.push(value)}`;
  const conditions = [`p.status = '${status === 'draft' ? 'draft' : 'published'}'`];
  if (status === 'draft') conditions.push(`p.author_id = ${given(viewer)}`);
  if (author !== undefined && isId(author)) conditions.push(`p.author_id = ${given(author)}`);
  else if (author !== undefined) {
    conditions.push(`p.author_id = (select id from authors where handle = ${given(author.toLowerCase())} limit 1)`);
  }
  if (tag !== undefined) conditions.push(`p.tags @> array[${given(tag)}]`);
  return conditions.join(' and ');
}

type Ordering = Pick<PostsOrder, 'column' | 'type' | 'descending'>;

function orderBy({ column, descending }: Ordering): string {
  const direction = descending ? 'desc' : 'asc';
  return `order by p.${column} ${direction}, p.id ${direction}`;
}

function beyond({ column, type, descending }: Ordering, { value, id }: Position, values: unknown[]): string {
  const [first, second] = [values.push(value), values.push(id)];
  return `(p.${column}, p.id) ${descending ? '<' : '>'} ($${first}::${type}, $${second}::uuid)`;
}
