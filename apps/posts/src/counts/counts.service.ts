import { Injectable } from '@nestjs/common';
import { numberedPage } from '#runtime';
import type { TagsQuery, TopAuthorsQuery } from './counts.dto.js';
import { CountsRepository } from './counts.repository.js';

@Injectable()
export class CountsService {
  constructor(private readonly counts: CountsRepository) {}

  async tags({ sort, page = 1, limit }: TagsQuery) {
    const by = sort.endsWith('name') ? ('name' as const) : ('posts' as const);
    const total = await this.counts.total('tags');
    const rows = await this.counts.tags({ by, ...rangeOf(sort, page, limit) });
    return numberedPage(rows, page, limit, total);
  }

  async topAuthors({ sort, page = 1, limit }: TopAuthorsQuery) {
    const total = await this.counts.total('authorCounts');
    const rows = await this.counts.authors(rangeOf(sort, page, limit));
    const data = rows.map(({ lastPostAt, ...row }) => ({ ...row, lastPostAt: lastPostAt.toISOString() }));
    return numberedPage(data, page, limit, total);
  }
}

function rangeOf(sort: string, page: number, limit: number) {
  return { descending: sort.startsWith('-'), limit, offset: (page - 1) * limit };
}
