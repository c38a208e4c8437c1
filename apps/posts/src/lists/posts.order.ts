import { cursorTime, text } from '#runtime';
import { z } from 'zod';
import type { PostsQuery } from '../posts/posts.dto.js';
import type { ListedPost } from '../posts/posts.repository.js';

export interface PostsOrder {
  readonly by: 'createdAt' | 'publishedAt' | 'title' | 'likes' | 'relevance';
  readonly type: 'timestamptz' | 'text' | 'int' | 'real';
  /** What a cursor may hold. */
  readonly value: z.ZodType<string>;
  readonly descending: boolean;
  readonly valueOf: (post: FoundPost) => string;
}

/** A post in a list; where something was searched for, with what was found, as safe HTML. */
export type FoundPost = ListedPost & {
  readonly relevance?: number;
  readonly highlights?: { readonly title: string; readonly body: string };
};

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
  by: 'createdAt',
  type: 'timestamptz',
  value: cursorTime,
  valueOf: (post: FoundPost) => post.createdAt.toISOString(),
} as const;
const byPublication = {
  by: 'publishedAt',
  type: 'timestamptz',
  value: cursorTime,
  valueOf: (post: FoundPost) => post.publishedAt?.toISOString() ?? '',
} as const;
