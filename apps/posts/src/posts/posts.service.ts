import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { PostDeletedV1, PostPublishedV1, PostUnpublishedV1, PostUpdatedV1 } from '#contracts';
import { Database, isForeignKeyViolation } from '#database';
import {
  type CurrentAccount,
  cursorPage,
  cursorTime,
  decodeCursor,
  idOr,
  invalid,
  isId,
  may,
  nameOrCaller,
  numberedPage,
  type Precondition,
  runtimeErrors,
  Versioned,
} from '#runtime';
import { v7 as uuidv7 } from 'uuid';
import { MarkdownRenderer } from '../markdown/markdown.renderer.js';
import { forViewer, idOf, PostsCache, type PublicPost, withLike } from './posts.cache.js';
import type { FeedQuery, NewPost, Post, PostChange, PostItem, PostsOfUserQuery, PostsQuery } from './posts.dto.js';
import { eventOf } from './posts.event.js';
import { postErrors } from '../posts.errors.js';
import { orderOf } from '../lists/posts.order.js';
import { FeedRepository } from '../lists/feed.repository.js';
import { PostsList } from '../lists/posts-list.repository.js';
import { presentItem, presentPost } from './posts.presenter.js';
import { type ListedPost, type PostContent, type PostRow, PostsRepository } from './posts.repository.js';
import { isSlug, slugOf } from './slugs.js';

const DEFAULT_LIMIT = 20;

@Injectable()
export class PostsService {
  constructor(
    private readonly database: Database,
    private readonly repository: PostsRepository,
    private readonly lists: PostsList,
    private readonly feeds: FeedRepository,
    private readonly cache: PostsCache,
    private readonly renderer: MarkdownRenderer,
  ) {}

  /** Of an import, `publishedAt` is the time of the original publication. */
  async create(
    account: CurrentAccount,
    content: NewPost,
    { id = uuidv7(), publishedAt }: { id?: string; publishedAt?: Date | null } = {},
  ): Promise<Post> {
    const { title, body, summary, tags, categoryId, status } = content;
    const now = new Date();
    const published = status === 'published';
    const post: PostContent = {
      id,
      authorId: account.id,
      slug: slugOf(title, id),
      title,
      summary: summary ?? null,
      ...(await this.renderer.render(body)),
      status,
      tags: tags ?? [],
      categoryId: categoryId?.toLowerCase() ?? null,
      version: 1,
      likes: 0,
      likedByMe: false,
      comments: 0,
      sequence: published ? 1 : 0,
      commentSequence: 0,
      createdAt: now,
      updatedAt: now,
      publishedAt: published ? (publishedAt ?? now) : null,
    };
    const { author, category } = await rejectUnknownCategory(() =>
      this.repository.add(post, published ? eventOf(PostPublishedV1, post) : undefined),
    );
    await this.cache.invalidate(post);
    // Routes wait until the caller's account is in the projection, so the author exists.
    if (!author) throw new Error(`The author ${account.id} is missing from the projection.`);
    return presentPost({ ...post, author, category }, account);
  }

  async read(idOrSlug: string, account: CurrentAccount | undefined): Promise<Versioned> {
    const name = idOrSlug.toLowerCase();
    if (!isId(name) && !isSlug(name)) throw postErrors.POST_NOT_FOUND();
    const shown = await this.cache.find(name);
    if (shown && !account) return new Versioned(undefined, shown.version, shown);
    if (!account) throw postErrors.POST_NOT_FOUND();
    return shown ? this.readPublished(shown, account) : this.readDraft(name, account);
  }

  async list(query: PostsQuery, account: CurrentAccount | undefined) {
    if (query.status === 'draft' && !account)
      throw runtimeErrors.UNAUTHENTICATED('Drafts are shown to their author only.');
    if (!isFirstPage(query)) return this.find(query, account);
    const paging = query.cursor === undefined ? 'page' : 'cursor';
    const shown = await this.cache.firstPage(paging, () => this.find(query, undefined));
    return account ? { ...shown, data: await this.withLikes(shown.data, account) } : shown;
  }

  async listOfUser(idOrHandle: string, query: PostsOfUserQuery, account: CurrentAccount | undefined) {
    const name = nameOrCaller(idOrHandle, account?.id);
    const isName = isId(name) || /^[a-z0-9_]+$/i.test(name);
    const author = isName ? await this.repository.findAuthor(name) : undefined;
    if (!author) throw postErrors.AUTHOR_NOT_FOUND();
    return this.list({ ...query, author: author.id }, account);
  }

  /** Of an import, `publishedAt` corrects the time of publication. */
  async change(
    account: CurrentAccount,
    id: string,
    change: PostChange & { publishedAt?: Date | null },
    precondition: Precondition,
  ): Promise<Post> {
    const { body, publishedAt, ...rest } = change;
    // Rendered before locking the row, so that a slow text does not block other requests.
    const text = body === undefined ? {} : await this.renderer.render(body);
    return this.withLock(account, id, async (before) => {
      precondition.assert(before.version);
      const time = publishedAt && isPublished(before) ? { publishedAt } : {};
      const wanted: PostRow = { ...before, ...rest, ...text, ...time };
      if (hasSameContent(before, wanted)) return presentPost(before, account);
      const after = next(wanted);
      const event = isPublished(after) ? eventOf(PostUpdatedV1, after) : undefined;
      const { category } = await rejectUnknownCategory(() => this.repository.save(after, event));
      await this.cache.invalidate(after);
      return presentPost({ ...after, category }, account);
    });
  }

  /** `publishedAt` is set for imports: the time of the original publication. */
  async publish(
    account: CurrentAccount,
    id: string,
    precondition: Precondition,
    publishedAt = new Date(),
  ): Promise<Post> {
    return this.withLock(account, id, async (before) => {
      precondition.assert(before.version);
      if (isPublished(before)) throw postErrors.POST_ALREADY_PUBLISHED();
      const after = next({ ...before, status: 'published', publishedAt });
      await this.repository.save(after, eventOf(PostPublishedV1, after));
      await this.cache.invalidate(after);
      return presentPost(after, account);
    });
  }

  /** Publishing it again counts as a new publication, with a new `publishedAt`; nobody is notified of it twice. */
  async unpublish(account: CurrentAccount, id: string, precondition: Precondition): Promise<Post> {
    return this.withLock(account, id, async (before) => {
      precondition.assert(before.version);
      if (!isPublished(before)) throw postErrors.POST_NOT_PUBLISHED();
      const after = { ...next(before), status: 'draft' as const, publishedAt: null };
      await this.repository.save(after, eventOf(PostUnpublishedV1, after));
      await this.cache.invalidate(after);
      return presentPost(after, account);
    });
  }

  /** Published posts of the authors that the account follows, newest first. */
  async feed(account: CurrentAccount, { limit, cursor }: FeedQuery) {
    const list = `feed ${account.id}`;
    const rows = await this.feeds.after(account.id, decodeCursor(list, cursor, cursorTime), limit + 1);
    const positionOf = (row: ListedPost) => ({ value: row.publishedAt?.toISOString() ?? '', id: row.id });
    return cursorPage(list, rows, limit, positionOf, (row) => presentItem(row, account));
  }

  async delete(account: CurrentAccount, id: string, precondition: Precondition): Promise<void> {
    await this.withLock(account, id, async (before) => {
      precondition.assert(before.version);
      const wasPublished = before.sequence > 0;
      const last = { ...before, sequence: before.sequence + 1 };
      await this.repository.remove(id, wasPublished ? eventOf(PostDeletedV1, last) : undefined);
      await this.cache.invalidate(before);
    });
  }

  private async readPublished(shown: PublicPost, account: CurrentAccount): Promise<Versioned> {
    const id = idOf(shown);
    const isLiked = await this.cache.isLiked(id, account.id);
    return new Versioned(undefined, shown.version, forViewer(shown, isLiked, account.id));
  }

  private async readDraft(name: string, account: CurrentAccount): Promise<Versioned> {
    const post = await this.repository.find(isId(name) ? 'id' : 'slug', name, account.id);
    if (!post || !canView(post, account)) throw postErrors.POST_NOT_FOUND();
    return new Versioned({ data: presentPost(post, account) }, post.version);
  }

  private async find(query: PostsQuery, account: CurrentAccount | undefined) {
    const filter = { ...query, viewer: account?.id, moderator: may(account, 'moderate') };
    const order = orderOf(query);
    if (query.cursor === undefined) {
      const { page = 1, limit } = query;
      const { rows, total } = await this.lists.page(filter, order, page, limit);
      return numberedPage(
        rows.map((row) => presentItem(row, account)),
        page,
        limit,
        total,
      );
    }
    const { status, sort, q, tag, category, author } = query;
    const list = `posts ${hash('sha256', JSON.stringify([status, sort, q, tag, category, author]), 'base64url')}`;
    const after = decodeCursor(list, query.cursor, order.value);
    const rows = await this.lists.after(filter, order, after, query.limit + 1);
    return cursorPage(
      list,
      rows,
      query.limit,
      (row) => ({ value: order.valueOf(row), id: row.id }),
      (row) => presentItem(row, account),
    );
  }

  private async withLikes(items: readonly PostItem[], account: CurrentAccount): Promise<PostItem[]> {
    const ids = items.map((item) => item.id);
    const liked = await this.repository.likedAmong(ids, account.id);
    return items.map((item) => withLike(item, liked.has(item.id)));
  }

  /** Runs `work` under the row lock of a post. Throws if the account may not change the post. */
  private withLock<T>(account: CurrentAccount, id: string, work: (post: PostRow) => Promise<T>): Promise<T> {
    const known = idOr(postErrors.POST_NOT_FOUND, id);
    return this.database.transaction(async () => {
      const post = await this.repository.lock(known, account.id);
      if (!post) throw postErrors.POST_NOT_FOUND();
      if (post.authorId === account.id || may(account, 'moderate')) return work(post);
      throw canView(post, account) ? postErrors.NOT_YOUR_POST() : postErrors.POST_NOT_FOUND();
    });
  }
}

/** Whether the query asks for the first page of the default list, which is the most requested one and cached. */
function isFirstPage({ page = 1, limit, cursor = '', sort = '-publishedAt', status, ...filters }: PostsQuery): boolean {
  const unfiltered = Object.values(filters).every((value) => value === undefined);
  return (
    unfiltered &&
    page === 1 &&
    limit === DEFAULT_LIMIT &&
    cursor === '' &&
    sort === '-publishedAt' &&
    status === 'published'
  );
}

const isPublished = (post: PostContent) => post.status === 'published';

function canView(post: PostContent, account: CurrentAccount | undefined): boolean {
  return isPublished(post) || post.authorId === account?.id || may(account, 'moderate');
}

/** Reports an unknown category as a validation error. The foreign key also detects a concurrent deletion. */
async function rejectUnknownCategory<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isForeignKeyViolation(error)) throw error;
    throw invalid([{ in: 'body', path: '/categoryId', code: 'not_found', message: 'there is no such category' }]);
  }
}

function hasSameContent(before: PostContent, after: PostContent): boolean {
  const content = ({ title, summary, body, tags, categoryId, publishedAt }: PostContent) =>
    JSON.stringify([title, summary, body, tags, categoryId, publishedAt]);
  return content(before) === content(after);
}

/** Increments the version, and for a published post the sequence, because the change publishes an event. */
function next(post: PostRow): PostRow {
  const sequence = isPublished(post) ? post.sequence + 1 : post.sequence;
  return { ...post, version: post.version + 1, sequence, updatedAt: new Date() };
}
