import { Get, Query } from '@nestjs/common';
import { Allows, Endpoint, ApiController, pageMeta } from '#runtime';
import { Tag, TagsQuery, TopAuthor, TopAuthorsQuery } from './counts.dto.js';
import { CountsService } from './counts.service.js';

/** Counts of published posts per tag and per author. */
@ApiController('posts', '')
export class CountsController {
  constructor(private readonly counts: CountsService) {}

  @Get('tags')
  @Allows('read')
  @Endpoint({
    summary: 'Tags of published posts, the most used first',
    description: 'With the number of published posts that have them. `sort=name` orders by name.',
    status: 200,
    data: Tag.array(),
    meta: pageMeta,
  })
  async tags(@Query({ schema: TagsQuery }) query: TagsQuery) {
    return this.counts.tags(query);
  }

  @Get('authors/top')
  @Allows('read')
  @Endpoint({
    summary: 'Authors of published posts, most posts first',
    description: 'With the number of their published posts and the time of the latest.',
    status: 200,
    data: TopAuthor.array(),
    meta: pageMeta,
  })
  async topAuthors(@Query({ schema: TopAuthorsQuery }) query: TopAuthorsQuery) {
    return this.counts.topAuthors(query);
  }
}
