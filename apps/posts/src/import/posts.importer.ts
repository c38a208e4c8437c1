import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { CurrentAccount, Precondition } from '#runtime';
import { CategoriesService } from '../categories/categories.service.js';
import type { Post } from '../posts/posts.dto.js';
import { PostsRepository } from '../posts/posts.repository.js';
import { PostsService } from '../posts/posts.service.js';
import { ImportsRepository } from './imports.repository.js';
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
    private readonly imports: ImportsRepository,
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
      await this.imports.lock(authorId, source);
      const known = await this.imports.find(authorId, source);
      if (known?.fingerprint === fingerprint) return { outcome: 'unchanged', postId: known.postId };
      const post = known ? await this.change(account, known.postId, file) : await this.add(account, file);
      await this.imports.save(authorId, source, post.id, fingerprint);
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
