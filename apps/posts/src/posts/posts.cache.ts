import { Injectable } from '@nestjs/common';
import { Cache } from '#cache';
import { isId, type Rendered, render, withETag } from '#runtime';
import { presentPost } from './posts.presenter.js';
import { type PostRow, PostsRepository } from './posts.repository.js';

/** The public representation of a published post, serialised and without viewer-specific fields. */
export interface PublicPost extends Rendered {
  readonly version: number;
}

const LISTS = ['list:page', 'list:cursor'] as const;
/**
 * A like that is withdrawn has no event. If its commit succeeded without an answer, and the client does not repeat it, nothing
 * else invalidates the entry.
 */
const LIKED_MS = 60_000;
/** For more posts than this, all entries are invalidated instead of single keys. */
const MAX_INVALIDATED_POSTS = 1_000;

/** Caches what is the same for all viewers, and apart from it whether a viewer likes a post. Drafts are never cached. */
@Injectable()
export class PostsCache {
  constructor(
    private readonly cache: Cache,
    private readonly repository: PostsRepository,
  ) {}

  /** Undefined for an unknown post and for a draft. */
  async find(idOrSlug: string): Promise<PublicPost | undefined> {
    if (isId(idOrSlug)) return this.byId(idOrSlug);
    let loaded: PublicPost | undefined;
    const id = await this.cache.read(`slug:${idOrSlug}`, async () => {
      const post = await this.repository.find('slug', idOrSlug, undefined);
      loaded = publicPost(post);
      return post?.id;
    });
    // What has just been loaded is shown to this reader, but not stored: it is older than the look at the entry of its id would be.
    return loaded ?? (id === undefined ? undefined : this.byId(id));
  }

  /** A published post as it is shown to a viewer, if all that it takes is in the cache. */
  async peek(idOrSlug: string, viewer: string | undefined): Promise<Rendered | undefined> {
    const id = isId(idOrSlug) ? idOrSlug : await this.cache.peek<string>(`slug:${idOrSlug}`);
    const post = id && (await this.cache.peek<PublicPost>(`post:${id}`));
    if (!id || !post) return undefined;
    const shown = viewer === undefined ? post : await this.peekFor(viewer, id, post);
    if (shown) this.cache.countAnswered();
    return shown;
  }

  /** Whether the account likes the post, which no other change of the post changes. */
  async isLiked(id: string, account: string): Promise<boolean> {
    const load = async () => (await this.repository.likedAmong([id], account)).has(id);
    return (await this.cache.read(likeKey(id, account), load, LIKED_MS)) ?? false;
  }

  /** The first page of the unfiltered list, for page numbers or cursors. */
  async firstPage<T>(paging: 'page' | 'cursor', load: () => Promise<T>): Promise<T> {
    return (await this.cache.read(`list:${paging}`, load)) as T;
  }

  /** Call it with every change to the public representation of a post, and with who has begun or ceased to like it. */
  async invalidate(...posts: readonly Changed[]): Promise<void> {
    if (posts.length === 0) return;
    await this.cache.invalidate(...LISTS, ...posts.flatMap(keysOf));
  }

  /** Invalidates all published posts of the authors; for more than MAX_INVALIDATED_POSTS posts, all entries. */
  async invalidateAuthors(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const posts = await this.repository.publishedBy(ids, MAX_INVALIDATED_POSTS + 1);
    if (posts.length > MAX_INVALIDATED_POSTS) await this.cache.invalidateAll();
    else await this.invalidate(...posts);
  }

  /** For a change that affects an unbounded number of posts. */
  async invalidateAll(): Promise<void> {
    await this.cache.invalidateAll();
  }

  private async peekFor(viewer: string, id: string, post: PublicPost): Promise<Rendered | undefined> {
    const isLiked = await this.cache.peek<boolean>(likeKey(id, viewer));
    return isLiked === undefined ? undefined : forViewer(post, isLiked, viewer);
  }

  private async byId(id: string): Promise<PublicPost | undefined> {
    return this.cache.read(`post:${id}`, async () => publicPost(await this.repository.find('id', id, undefined)));
  }
}

function publicPost(post: PostRow | undefined): PublicPost | undefined {
  if (post?.status !== 'published') return undefined;
  return { ...render({ data: presentPost(post, undefined) }, post.version), version: post.version };
}

interface Changed {
  readonly id: string;
  readonly slug?: string;
  readonly likedBy?: string | undefined;
}

const keysOf = ({ id, slug, likedBy }: Changed) => [
  `post:${id}`,
  ...(slug ? [`slug:${slug}`] : []),
  ...(likedBy ? [likeKey(id, likedBy)] : []),
];
const likeKey = (post: string, account: string) => `like:${post}:${account}`;

/** `presentPost` puts the id first. */
const ID_AT = '{"data":{"id":"'.length;

export function idOf({ json }: PublicPost): string {
  return json.slice(ID_AT, json.indexOf('"', ID_AT));
}

/** The post as one viewer gets it: `likedByMe` follows `likes`. No text holds that name in quotes without a backslash. */
export function forViewer({ json, version }: PublicPost, likedByMe: boolean, viewer: string): Rendered {
  const own = json.replace(/"likes":\d+/, (likes) => `${likes},"likedByMe":${likedByMe}`);
  return withETag(own, version, viewer);
}

export function withLike<T extends object>(post: T, likedByMe: boolean): T {
  const fields = Object.entries(post).flatMap(([name, value]) =>
    name === 'likes' ? [[name, value], ['likedByMe', likedByMe] as const] : [[name, value]],
  );
  return Object.fromEntries(fields as [string, unknown][]) as T;
}
