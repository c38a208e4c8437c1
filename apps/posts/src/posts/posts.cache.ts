import { Injectable } from '@nestjs/common';
import { Cache } from '#cache';
import { LRUCache } from 'lru-cache';
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
const MAX_IDS = 10_000;

/** Caches what is the same for all viewers, and apart from it whether a viewer likes a post. Drafts are never cached. */
@Injectable()
export class PostsCache {
  /** The ids of slugs, which never change. Of concurrent readers of a new one, the first reads the database. */
  private readonly ids = new LRUCache<string, string, (post: PostRow | undefined) => void>({
    max: MAX_IDS,
    ignoreFetchAbort: true,
    fetchMethod: async (slug, _, { context: onLoaded }) => {
      const post = await this.repository.find('slug', slug, undefined);
      onLoaded(post);
      return post?.id;
    },
  });

  constructor(
    private readonly cache: Cache,
    private readonly repository: PostsRepository,
  ) {}

  /** Undefined for an unknown post and for a draft. */
  async find(idOrSlug: string): Promise<PublicPost | undefined> {
    const known = this.knownId(idOrSlug);
    if (known !== undefined) return this.byId(known);
    let own: { readonly post: PostRow | undefined } | undefined;
    const id = await this.ids.fetch(idOrSlug, { context: (post) => (own = { post }) });
    // What has just been loaded is shown to this reader, but not stored: it is older than the look at the entry of its id would be.
    if (own) return publicPost(own.post);
    // Another reader has looked for it, perhaps before it was there.
    return id === undefined ? publicPost(await this.repository.find('slug', idOrSlug, undefined)) : this.byId(id);
  }

  /** A published post as it is shown to a viewer, if all that it takes is in the cache. */
  async peek(idOrSlug: string, viewer: string | undefined): Promise<Rendered | undefined> {
    const id = this.knownId(idOrSlug);
    const shown = id && (await (viewer === undefined ? this.peekPublic(id) : this.peekFor(viewer, id)));
    if (!shown) return undefined;
    this.cache.countAnswered();
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

  private knownId(idOrSlug: string): string | undefined {
    return isId(idOrSlug) ? idOrSlug : this.ids.get(idOrSlug);
  }

  private peekPublic(id: string): Promise<PublicPost | undefined> {
    return this.cache.peek(postKey(id));
  }

  private async peekFor(viewer: string, id: string): Promise<Rendered | undefined> {
    const [post, isLiked] = await Promise.all([this.peekPublic(id), this.cache.peek<boolean>(likeKey(id, viewer))]);
    return post && isLiked !== undefined ? forViewer(post, isLiked, viewer) : undefined;
  }

  private async byId(id: string): Promise<PublicPost | undefined> {
    return this.cache.read(postKey(id), async () => publicPost(await this.repository.find('id', id, undefined)));
  }
}

function publicPost(post: PostRow | undefined): PublicPost | undefined {
  if (post?.status !== 'published') return undefined;
  return { ...render({ data: presentPost(post, undefined) }, post.version), version: post.version };
}

interface Changed {
  readonly id: string;
  readonly likedBy?: string | undefined;
}

const postKey = (id: string) => `post:${id}`;
const keysOf = ({ id, likedBy }: Changed) => [postKey(id), ...(likedBy ? [likeKey(id, likedBy)] : [])];
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
