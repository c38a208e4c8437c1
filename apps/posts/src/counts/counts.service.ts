import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { MOST_COUNTED, numberedPage } from '#runtime';
import { AUTHOR, type PostAuthor } from '../posts/posts.repository.js';
import type { TagsQuery, TopAuthorsQuery } from './counts.dto.js';

/** Reads what a trigger keeps (see the migration): no list here reads the posts. */
@Injectable()
export class CountsService {
  constructor(private readonly database: Database) {}

  async tags({ sort, page = 1, limit }: TagsQuery) {
    const direction = sort.startsWith('-') ? 'desc' : 'asc';
    const order = sort.endsWith('name') ? `name ${direction}` : `posts ${direction}, name`;
    const total = await this.total('tags');
    const rows = await this.database.query<{ name: string; posts: number }>(
      `select name, posts from tags where posts > 0 order by ${order} ${range(page, limit)}`,
    );
    return numberedPage(rows, page, limit, total);
  }

  async topAuthors({ sort, page = 1, limit }: TopAuthorsQuery) {
    const direction = sort.startsWith('-') ? 'desc' : 'asc';
    const total = await this.total('author_counts');
    const rows = await this.database.query<{ author: PostAuthor; posts: number; lastPostAt: Date }>(
      `select ${AUTHOR} as author, c.posts, c.last_post_at as "lastPostAt"
       from author_counts c join authors a on a.id = c.author_id
       where c.posts > 0 order by c.posts ${direction}, c.author_id ${range(page, limit)}`,
    );
    const data = rows.map(({ author, posts, lastPostAt }) => ({ author, posts, lastPostAt: lastPostAt.toISOString() }));
    return numberedPage(data, page, limit, total);
  }

  private async total(table: 'tags' | 'author_counts'): Promise<number> {
    const [row] = await this.database.query<{ total: number }>(
      `select count(*) as total from (select from ${table} where posts > 0 limit ${MOST_COUNTED + 1}) as few`,
    );
    return row?.total ?? 0;
  }
}

function range(page: number, limit: number): string {
  return `limit ${limit} offset ${(page - 1) * limit}`;
}
