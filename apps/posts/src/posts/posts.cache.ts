import { Injectable } from '@nestjs/common';
import { Cache } from '#cache';
import { isId, type Rendered, render } from '#runtime';
import type { Post } from './posts.dto.js';
import { presentPost } from './posts.presenter.js';
import { PostsRepository } from './posts.repository.js';

/** A published post as everybody sees it, ready to be sent. */
export interface PublicPost extends Rendered {
  readonly version: number;
}

const LISTS = ['list:page', 'list:cursor'] as const;
/** More keys than this are not worth naming. */
const MOST_NAMED = 1_000;

/** Cached copies of what everybody sees. What one viewer sees of it, their likes and drafts, is never among it. */
@Injectable()
export class PostsCache {
  constructor(
    private readonly cache: Cache,
    private readonly repository: PostsRepository,
  ) {}

  /** Undefined for a draft too. */
  async find(idOrSlug: string): Promise<PublicPost | undefined> {
    const id = isId(idOrSlug)
      ? idOrSlug
      : await this.cache.read(`slug:${idOrSlug}`, () => this.repository.idOf(idOrSlug));
    return id === undefined ? undefined : this.cache.read(`post:${id}`, () => this.load(id));
  }

  /** The first page of the list that nobody has filtered, in either way of paging. */
  async firstPage<T>(paging: 'page' | 'cursor', load: () => Promise<T>): Promise<T> {
    return (await this.cache.read(`list:${paging}`, load)) as T;
  }

  /** Call it with every change of what is shown of a post. */
  async invalidate(...posts: readonly { readonly id: string; readonly slug?: string }[]): Promise<void> {
    if (posts.length === 0) return;
    const keys = posts.flatMap(({ id, slug }) => [`post:${id}`, ...(slug ? [`slug:${slug}`] : [])]);
    await this.cache.invalidate(...LISTS, ...keys);
  }

  /** All that they have published. Of authors who have published very much everything is forgotten instead. */
  async invalidateAuthors(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const posts = await this.repository.publishedBy(ids, MOST_NAMED + 1);
    if (posts.length > MOST_NAMED) await this.cache.invalidateAll();
    else await this.invalidate(...posts);
  }

  /** For what is shown of more posts than could be named. */
  async invalidateAll(): Promise<void> {
    await this.cache.invalidateAll();
  }

  private async load(id: string): Promise<PublicPost | undefined> {
    const post = await this.repository.find('id', id, undefined);
    if (post?.status !== 'published') return undefined;
    return { ...render({ data: presentPost(post, undefined) }, post.version), version: post.version };
  }
}

/** The same post as one viewer sees it, its fields in the same order as ever. */
export function forViewer({ json }: PublicPost, likedByMe: boolean): Post {
  const { data } = JSON.parse(json) as { data: Post };
  return withLike(data, likedByMe);
}

export function withLike<T extends object>(post: T, likedByMe: boolean): T {
  const fields = Object.entries(post).flatMap(([name, value]) =>
    name === 'likes' ? [[name, value], ['likedByMe', likedByMe] as const] : [[name, value]],
  );
  return Object.fromEntries(fields as [string, unknown][]) as T;
}
