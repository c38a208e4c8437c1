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
  numberedPage,
  type Precondition,
  runtimeErrors,
  Versioned,
} from '#runtime';
import { v7 as uuidv7 } from 'uuid';
import { MarkdownRenderer } from '../markdown/markdown.renderer.js';
import { forViewer, PostsCache, type PublicPost, withLike } from './posts.cache.js';
import type { FeedQuery, NewPost, Post, PostChange, PostItem, PostsOfUserQuery, PostsQuery } from './posts.dto.js';
import { eventOf } from './posts.event.js';
import { postErrors } from '../posts.errors.js';
import { orderOf } from './posts.order.js';
import { PostsList } from './posts-list.repository.js';
import { presentItem, presentPost } from './posts.presenter.js';
import { type ListedPost, type PostContent, type PostRow, PostsRepository } from './posts.repository.js';
import { isSlug, slugOf } from './slugs.js';

const USUAL_LIMIT = 20;

@Injectable()
export class PostsService {
  constructor(
    private readonly database: Database,
    private readonly repository: PostsRepository,
    private readonly lists: PostsList,
    private readonly cache: PostsCache,
    private readonly renderer: MarkdownRenderer,
  ) {}

  /** `publishedAt` for what was published elsewhere before. */
  async create(account: CurrentAccount, content: NewPost, publishedAt?: Date): Promise<Post> {
    const { title, body, summary, tags, categoryId, status } = content;
    const id = uuidv7();
    const now = new Date();
    const published = status === 'published';
    const post: PostContent = {
      id,
      authorId: account.id,
      slug: slugOf(title, id),
      title,
      summary: summary ?? null,
      ...(await this.textOf(body)),
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
    const { author, category } = await inCategory(() =>
      this.repository.add(post, published ? eventOf(PostPublishedV1, post) : undefined),
    );
    await this.cache.invalidate(post);
    // Every caller of a route is known here, since the request has waited for it.
    if (!author) throw new Error(`The author ${account.id} is not known.`);
    return presentPost({ ...post, author, category }, account);
  }

  async read(idOrSlug: string, account: CurrentAccount | undefined): Promise<Versioned> {
    const name = idOrSlug.toLowerCase();
    if (!isId(name) && !isSlug(name)) throw postErrors.POST_NOT_FOUND();
    const shown = await this.cache.find(name);
    if (shown && !account) return new Versioned(undefined, shown.version, shown);
    if (!account) throw postErrors.POST_NOT_FOUND();
    return shown ? this.readShown(shown, account) : this.readDraft(name, account);
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
    const isName = isId(idOrHandle) || /^[a-z0-9_]+$/i.test(idOrHandle);
    const author = isName ? await this.repository.findAuthor(idOrHandle) : undefined;
    if (!author) throw postErrors.AUTHOR_NOT_FOUND();
    return this.list({ ...query, author: author.id }, account);
  }

  async change(account: CurrentAccount, id: string, change: PostChange, precondition: Precondition): Promise<Post> {
    const { body, ...rest } = change;
    // Before the lock: nobody waits for a text that takes long.
    const text = body === undefined ? {} : await this.textOf(body);
    return this.withLock(account, id, async (before) => {
      precondition.assert(before.version);
      const wanted: PostRow = { ...before, ...rest, ...text };
      if (isSame(before, wanted)) return presentPost(before, account);
      const after = next(wanted);
      const event = isPublished(after) ? eventOf(PostUpdatedV1, after) : undefined;
      const { category } = await inCategory(() => this.repository.save(after, event));
      await this.cache.invalidate(after);
      return presentPost({ ...after, category }, account);
    });
  }

  /** `publishedAt` for what was published elsewhere before. */
  async publish(account: CurrentAccount, id: string, publishedAt = new Date()): Promise<Post> {
    return this.withLock(account, id, async (before) => {
      if (isPublished(before)) throw postErrors.POST_ALREADY_PUBLISHED();
      const after = next({ ...before, status: 'published', publishedAt });
      await this.repository.save(after, eventOf(PostPublishedV1, after));
      await this.cache.invalidate(after);
      return presentPost(after, account);
    });
  }

  /** Published anew it counts as new: it gets another time of publication, and its author's followers hear of it again. */
  async unpublish(account: CurrentAccount, id: string): Promise<Post> {
    return this.withLock(account, id, async (before) => {
      if (!isPublished(before)) throw postErrors.POST_NOT_PUBLISHED();
      const after = { ...next(before), status: 'draft' as const, publishedAt: null };
      await this.repository.save(after, eventOf(PostUnpublishedV1, after));
      await this.cache.invalidate(after);
      return presentPost(after, account);
    });
  }

  /** Published posts of the authors whom somebody follows, the newest first. */
  async feed(account: CurrentAccount, { limit, cursor }: FeedQuery) {
    const list = 'feed';
    const rows = await this.lists.feed(account.id, decodeCursor(list, cursor, cursorTime), limit + 1);
    const positionOf = (row: ListedPost) => ({ value: row.publishedAt?.toISOString() ?? '', id: row.id });
    return cursorPage(list, rows, limit, positionOf, (row) => presentItem(row, account));
  }

  async delete(account: CurrentAccount, id: string, precondition: Precondition): Promise<void> {
    await this.withLock(account, id, async (before) => {
      precondition.assert(before.version);
      const last = { ...before, sequence: before.sequence + 1 };
      await this.repository.remove(id, isPublished(before) ? eventOf(PostDeletedV1, last) : undefined);
      await this.cache.invalidate(before);
    });
  }

  private async readShown(shown: PublicPost, account: CurrentAccount): Promise<Versioned> {
    const { id } = (JSON.parse(shown.json) as { data: Post }).data;
    const liked = await this.repository.likedAmong([id], account.id);
    return new Versioned({ data: forViewer(shown, liked.has(id)) }, shown.version);
  }

  private async readDraft(name: string, account: CurrentAccount): Promise<Versioned> {
    const post = await this.repository.find(isId(name) ? 'id' : 'slug', name, account.id);
    if (!post || !maySee(post, account)) throw postErrors.POST_NOT_FOUND();
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
    const list = `posts ${query.status} ${query.sort} ${query.q ?? ''}`;
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

  private async textOf(body: string) {
    const { html, mentions } = await this.renderer.render(body);
    return { body, bodyHtml: html, mentions };
  }

  /** Runs `work` on a post that its caller may change, under its row lock. */
  private withLock<T>(account: CurrentAccount, id: string, work: (post: PostRow) => Promise<T>): Promise<T> {
    const known = idOr(postErrors.POST_NOT_FOUND, id);
    return this.database.transaction(async () => {
      const post = await this.repository.lock(known, account.id);
      if (!post) throw postErrors.POST_NOT_FOUND();
      if (post.authorId === account.id || may(account, 'moderate')) return work(post);
      throw maySee(post, account) ? postErrors.NOT_YOUR_POST() : postErrors.POST_NOT_FOUND();
    });
  }
}

/** The one list that everybody looks at. */
function isFirstPage({ page = 1, limit, cursor = '', sort = '-publishedAt', status, ...filters }: PostsQuery): boolean {
  const unfiltered = Object.values(filters).every((value) => value === undefined);
  return (
    unfiltered &&
    page === 1 &&
    limit === USUAL_LIMIT &&
    cursor === '' &&
    sort === '-publishedAt' &&
    status === 'published'
  );
}

const isPublished = (post: PostContent) => post.status === 'published';

function maySee(post: PostContent, account: CurrentAccount | undefined): boolean {
  return isPublished(post) || post.authorId === account?.id || may(account, 'moderate');
}

/** The database knows best whether the category is there, also when it is deleted at the same moment. */
async function inCategory<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isForeignKeyViolation(error)) throw error;
    throw invalid([{ path: 'categoryId', message: 'there is no such category' }]);
  }
}

function isSame(before: PostContent, after: PostContent): boolean {
  const content = ({ title, summary, body, tags, categoryId }: PostContent) =>
    JSON.stringify([title, summary, body, tags, categoryId]);
  return content(before) === content(after);
}

/** The next version; and the next event of its key, if it emits one. */
function next(post: PostRow): PostRow {
  const sequence = isPublished(post) ? post.sequence + 1 : post.sequence;
  return { ...post, version: post.version + 1, sequence, updatedAt: new Date() };
}
