import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { CurrentAccount, Precondition } from '#runtime';
import { CategoriesService } from '../categories/categories.service.js';
import type { Post } from '../posts/posts.dto.js';
import { PostsRepository } from '../posts/posts.repository.js';
import { PostsService } from '../posts/posts.service.js';
import type { MarkdownFile } from './markdown-file.js';

export interface Imported {
  readonly outcome: 'added' | 'changed' | 'unchanged';
  readonly postId: string;
}

const whatever: Precondition = { assert: () => undefined };

/** Makes posts of files, as if their author had written them: events, notifications and all. */
@Injectable()
export class PostsImporter {
  constructor(
    private readonly database: Database,
    private readonly posts: PostsService,
    private readonly repository: PostsRepository,
    private readonly categories: CategoriesService,
  ) {}

  /** Whether posts can be attributed to this account: its profile has arrived here. */
  async knows(accountId: string): Promise<boolean> {
    return (await this.repository.findAuthor(accountId)) !== undefined;
  }

  /**
   * Makes or changes the post of a file; `source` names the file for this author. The same file again changes nothing, also
   * if the post has been edited since; a post that was deleted is made again. All or nothing.
   */
  async import(authorId: string, source: string, file: MarkdownFile): Promise<Imported> {
    const account: CurrentAccount = { id: authorId, role: 'author', sessionId: '' };
    const fingerprint = createHash('sha256').update(JSON.stringify(file)).digest('base64url');
    return this.database.transaction(async () => {
      // Two that import the same file at once would both find that it is new.
      await this.database.query(`select pg_advisory_xact_lock(hashtextextended('import ' || $1 || ' ' || $2, 0))`, [
        authorId,
        source,
      ]);
      const [known] = await this.database.query<{ postId: string; fingerprint: string }>(
        `select post_id as "postId", fingerprint from imports where author_id = $1 and source = $2`,
        [authorId, source],
      );
      if (known?.fingerprint === fingerprint) return { outcome: 'unchanged', postId: known.postId };
      const post = known ? await this.change(account, known.postId, file) : await this.add(account, file);
      await this.database.query(
        `insert into imports (author_id, source, post_id, fingerprint) values ($1, $2, $3, $4)
         on conflict (author_id, source) do update set fingerprint = excluded.fingerprint`,
        [authorId, source, post.id, fingerprint],
      );
      return { outcome: known ? 'changed' : 'added', postId: post.id };
    });
  }

  private async add(account: CurrentAccount, { post, category, publishedAt }: MarkdownFile): Promise<Post> {
    const categoryId = await this.categoryId(category);
    return this.posts.create(account, { ...post, categoryId }, publishedAt ?? undefined);
  }

  private async change(
    account: CurrentAccount,
    id: string,
    { post, category, publishedAt }: MarkdownFile,
  ): Promise<Post> {
    const { status, ...content } = post;
    const changed = await this.posts.change(
      account,
      id,
      { ...content, categoryId: await this.categoryId(category) },
      whatever,
    );
    if (changed.status === status) return changed;
    return status === 'published'
      ? this.posts.publish(account, id, publishedAt ?? undefined)
      : this.posts.unpublish(account, id);
  }

  private async categoryId(name: string | null): Promise<string | null> {
    return name === null ? null : this.categories.ensure(name);
  }
}
