import { Injectable } from '@nestjs/common';
import { CommentCreatedV1, CommentDeletedV1, type EventData } from '#contracts';
import { Database } from '#database';
import { newEvent } from '#events';
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
} from '#runtime';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { excerptOf } from '../markdown/excerpt.js';
import { MarkdownRenderer, type StoredText } from '../markdown/markdown.renderer.js';
import { PostsCache } from '../posts/posts.cache.js';
import { postErrors } from '../posts.errors.js';
import { type PostRow, PostsRepository } from '../posts/posts.repository.js';
import { lockPublished } from '../posts/published-post.js';
import { isSlug } from '../posts/slugs.js';
import type { Comment, CommentChange, CommentsQuery, NewComment } from './comments.dto.js';
import { type CommentRow, CommentsRepository, type PlacedComment } from './comments.repository.js';

/** Maximum depth of a thread: a longer path would not fit into its index. */
const MAX_DEPTH = 20;

const cursorPath = z.string().refine((path) => {
  const ids = /^\{(.{36,800})\}$/.exec(path)?.[1]?.split(',') ?? [];
  return ids.length > 0 && ids.length <= MAX_DEPTH && ids.every(isId);
});

/** Comments on posts. Creating and deleting take the row lock of the post, which holds the sequence of their events. */
@Injectable()
export class CommentsService {
  constructor(
    private readonly database: Database,
    private readonly posts: PostsRepository,
    private readonly comments: CommentsRepository,
    private readonly cache: PostsCache,
    private readonly renderer: MarkdownRenderer,
  ) {}

  async list(idOrSlug: string, query: CommentsQuery, account: CurrentAccount | undefined) {
    const id = await this.idOfPost(idOrSlug);
    if (!(await this.posts.isVisible(id, account))) throw postErrors.POST_NOT_FOUND();
    const byThread = query.sort.endsWith('thread');
    const order = { by: byThread ? 'path' : 'createdAt', descending: query.sort.startsWith('-') } as const;
    const { page = 1, limit, cursor } = query;
    if (cursor === undefined) {
      const { rows, total } = await this.comments.page(id, order, page, limit);
      return numberedPage(rows.map(present), page, limit, total);
    }
    const list = `comments ${id} ${query.sort}`;
    const after = decodeCursor(list, cursor, byThread ? cursorPath : cursorTime);
    const rows = await this.comments.after(id, order, after, limit + 1);
    const valueOf = (row: CommentRow) => (byThread ? `{${row.path.join(',')}}` : row.createdAt.toISOString());
    return cursorPage(list, rows, limit, (row) => ({ value: valueOf(row), id: row.id }), present);
  }

  async read(id: string, account: CurrentAccount | undefined): Promise<Comment> {
    const comment = await this.comments.find(idOr(postErrors.COMMENT_NOT_FOUND, id));
    if (!comment || !(await this.posts.isVisible(comment.postId, account))) throw postErrors.COMMENT_NOT_FOUND();
    return present(comment);
  }

  async create(account: CurrentAccount, idOrSlug: string, { body, parentId }: NewComment): Promise<Comment> {
    const postId = await this.idOfPost(idOrSlug);
    const text = await this.renderer.render(body);
    return this.database.transaction(async () => {
      const post = await lockPublished(this.posts, account, postId);
      const parent = parentId ? await this.parentOf(post, parentId.toLowerCase()) : undefined;
      const comment = newComment(account, post, parent, text);
      const author = await this.comments.add(comment);
      const data = snapshot(comment, post.authorId, parent?.authorId ?? null);
      await this.comments.count(post.id, 1, newEvent(CommentCreatedV1, data, post.commentSequence + 1));
      await this.cache.invalidate(post);
      return present({ ...comment, author });
    });
  }

  /** Changing the text publishes no event and notifies no user, even if it adds a mention. */
  async change(
    account: CurrentAccount,
    id: string,
    change: CommentChange,
    precondition: Precondition,
  ): Promise<Comment> {
    const known = idOr(postErrors.COMMENT_NOT_FOUND, id);
    const text = change.body === undefined ? undefined : await this.renderer.render(change.body);
    return this.database.transaction(async () => {
      const before = await this.lockComment(account, known);
      precondition.assert(before.version);
      if (text === undefined || text.body === before.body) return present(before);
      const after = { ...before, ...text, version: before.version + 1, updatedAt: new Date() };
      await this.comments.save(after);
      return present(after);
    });
  }

  /** Locks the post before the comment, in the same order as `create`, so that concurrent calls cannot deadlock. */
  async delete(account: CurrentAccount, id: string, precondition: Precondition): Promise<void> {
    const known = idOr(postErrors.COMMENT_NOT_FOUND, id);
    await this.database.transaction(async () => {
      const found = await this.comments.find(known);
      const post = found && (await this.posts.lock(found.postId, account.id));
      if (!post) throw postErrors.COMMENT_NOT_FOUND();
      const comment = await this.lockComment(account, known);
      precondition.assert(comment.version);
      await this.comments.remove(known);
      const data = snapshot(comment, post.authorId, comment.parentAuthorId);
      await this.comments.count(post.id, -1, newEvent(CommentDeletedV1, data, post.commentSequence + 1));
      await this.cache.invalidate(post);
    });
  }

  private async idOfPost(idOrSlug: string): Promise<string> {
    const name = idOrSlug.toLowerCase();
    const id = isId(name) ? name : isSlug(name) && (await this.posts.idOf(name));
    if (!id) throw postErrors.POST_NOT_FOUND();
    return id;
  }

  private async parentOf(post: PostRow, parentId: string): Promise<CommentRow> {
    const parent = await this.comments.find(parentId);
    if (parent?.postId !== post.id) {
      throw invalid([
        { in: 'body', path: '/parentId', code: 'not_found', message: 'there is no such comment on this post' },
      ]);
    }
    if (parent.path.length >= MAX_DEPTH) throw postErrors.THREAD_TOO_DEEP();
    return parent;
  }

  private async lockComment(account: CurrentAccount, id: string): Promise<PlacedComment> {
    const comment = await this.comments.lock(id);
    if (!comment) throw postErrors.COMMENT_NOT_FOUND();
    if (comment.authorId === account.id || may(account, 'moderate')) return comment;
    throw (await this.posts.isVisible(comment.postId, account))
      ? postErrors.NOT_YOUR_COMMENT()
      : postErrors.COMMENT_NOT_FOUND();
  }
}

function newComment(account: CurrentAccount, post: PostRow, parent: CommentRow | undefined, text: StoredText) {
  const id = uuidv7();
  const now = new Date();
  return {
    id,
    postId: post.id,
    authorId: account.id,
    path: [...(parent?.path ?? []), id],
    ...text,
    version: 1,
    deleted: false,
    createdAt: now,
    updatedAt: now,
  };
}

function snapshot(
  comment: Omit<CommentRow, 'author'>,
  postAuthorId: string,
  parentAuthorId: string | null,
): EventData<typeof CommentCreatedV1> {
  const { id: commentId, postId, authorId: actorId, path, bodyHtml, mentions } = comment;
  const excerpt = excerptOf(bodyHtml);
  const parentId = path.at(-2) ?? null;
  return { commentId, postId, parentId, actorId, postAuthorId, parentAuthorId, excerpt, mentions: [...mentions] };
}

function present(comment: CommentRow): Comment {
  const { id, postId, path, author, body, bodyHtml, deleted, version } = comment;
  return {
    id,
    postId,
    parentId: path.at(-2) ?? null,
    depth: path.length - 1,
    author: deleted ? null : author,
    body: deleted ? null : body,
    bodyHtml: deleted ? null : bodyHtml,
    deleted,
    version,
    createdAt: comment.createdAt.toISOString(),
    updatedAt: comment.updatedAt.toISOString(),
  };
}
