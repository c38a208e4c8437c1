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

const noPrecondition: Precondition = { assert: () => undefined };

/** Creates posts from files as if their author had written them, including events and notifications. */
@Injectable()
export class PostsImporter {
  constructor(
    private readonly database: Database,
    private readonly imports: ImportsRepository,
    private readonly posts: PostsService,
    private readonly repository: PostsRepository,
    private readonly categories: CategoriesService,
  ) {}

  /** Whether posts can be attributed to this account, that is, whether its profile is in the projection. */
  async knows(accountId: string): Promise<boolean> {
    return (await this.repository.findAuthor(accountId)) !== undefined;
  }

  /**
   * Creates or updates the post of a file, in one transaction; `source` identifies the file among those of the author.
   * Importing an unchanged file changes nothing, even if the post was edited since; a deleted post is created again.
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
      noPrecondition,
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
