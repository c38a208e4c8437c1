import { numberedQuery } from '#runtime';
import { z } from 'zod';
import { Author } from '../posts/posts.dto.js';

export const TagsQuery = numberedQuery(['posts', 'name'], '-posts');
export type TagsQuery = z.infer<typeof TagsQuery>;

export const Tag = z.object({ name: z.string().meta({ example: 'delivery' }), posts: z.int() }).meta({ id: 'Tag' });

export const TopAuthorsQuery = numberedQuery(['posts'], '-posts');
export type TopAuthorsQuery = z.infer<typeof TopAuthorsQuery>;

export const TopAuthor = z
  .object({ author: Author, posts: z.int(), lastPostAt: z.iso.datetime() })
  .meta({ id: 'TopAuthor' });
