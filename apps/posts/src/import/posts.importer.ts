import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { type CurrentAccount, type Precondition, Problem } from '#runtime';
import { v7 as uuidv7 } from 'uuid';
import { CategoriesService } from '../categories/categories.service.js';
import type { Post } from '../posts/posts.dto.js';
import { PostsRepository } from '../posts/posts.repository.js';
import { PostsService } from '../posts/posts.service.js';
import { slugOf } from '../posts/slugs.js';
import { ImportsRepository } from './imports.repository.js';
import { UnreadableFile } from './reading/front-matter.js';
import { resolveLinks, resolverOf } from './reading/links.js';
import type { MarkdownFile } from './reading/markdown-file.js';
import { nameOf, type Site } from './site.js';

/** A file, and whose post it is. */
export interface OwnedFile {
  readonly authorId: string;
  /** Identifies the file among those of the author. */
  readonly source: string;
  /** Relative to the root of its site. */
  readonly path: string;
  readonly file: MarkdownFile;
}

export interface Imported {
  readonly outcome: 'added' | 'changed' | 'unchanged';
  readonly postId: string;
  /** Links to Markdown files that are not imported. */
  readonly unresolved: readonly string[];
}

const addressOf = (slug: string) => `/v1/posts/${slug}`;

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

  /** The addresses of the posts that were imported from a site, by the names of their files. */
  async addressesIn(authorId: string, { id }: Site): Promise<ReadonlyMap<string, string>> {
    const slugs = await this.imports.ofSite(authorId, `${id}/`);
    return new Map([...slugs].map(([source, slug]) => [source.slice(id.length + 1), addressOf(slug)]));
  }

  /**
   * Imports files one after the other, each in a transaction of its own. Links between them, and to `others` of the same
   * site by their names, lead to their posts, which is why the ids of new posts are chosen before. Importing an unchanged
   * file changes nothing, even if the post was edited since; a deleted post is created again. What the platform refuses is
   * passed to `done` as an UnreadableFile.
   */
  async importAll(
    files: readonly OwnedFile[],
    done: (file: OwnedFile, result: Imported | UnreadableFile) => Promise<void> | void,
    others: ReadonlyMap<string, string> = new Map(),
  ): Promise<void> {
    const known = await Promise.all(files.map(({ authorId, source }) => this.imports.find(authorId, source)));
    const chosen = files.map(({ file }, n) => {
      const id = known[n]?.postId ?? uuidv7();
      return { id, slug: known[n]?.slug ?? slugOf(file.post.title, id) };
    });
    const addresses = files.map(({ path }, n) => [nameOf(path), addressOf(chosen[n]?.slug ?? '')] as const);
    const resolve = resolverOf(new Map([...others, ...addresses]));
    for (const [n, each] of files.entries()) {
      const { body, unresolved } = resolveLinks(each.file.post.body, each.path, resolve);
      const file = { ...each.file, post: { ...each.file.post, body } };
      const result = await this.import(each.authorId, each.source, file, chosen[n]?.id ?? uuidv7()).catch(asUnreadable);
      await done(each, result instanceof UnreadableFile ? result : { ...result, unresolved });
    }
  }

  /** `id` is that of a new post. */
  private async import(
    authorId: string,
    source: string,
    file: MarkdownFile,
    id: string,
  ): Promise<Omit<Imported, 'unresolved'>> {
    const account: CurrentAccount = { id: authorId, role: 'author', sessionId: '' };
    const { post, category, publishedAt } = file;
    const fingerprint = createHash('sha256')
      .update(JSON.stringify([post, category, publishedAt]))
      .digest('base64url');
    return this.database.transaction(async () => {
      await this.imports.lock(authorId, source);
      const known = await this.imports.find(authorId, source);
      if (known?.fingerprint === fingerprint) return { outcome: 'unchanged', postId: known.postId };
      const saved = known ? await this.change(account, known.postId, file) : await this.add(account, file, id);
      await this.imports.save(authorId, source, saved.id, fingerprint);
      return { outcome: known ? 'changed' : 'added', postId: saved.id };
    });
  }

  private async add(account: CurrentAccount, { post, category, publishedAt }: MarkdownFile, id: string): Promise<Post> {
    const categoryId = await this.categoryId(category);
    return this.posts.create(account, { ...post, categoryId }, { id, publishedAt });
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
      { ...content, categoryId: await this.categoryId(category), publishedAt },
      noPrecondition,
    );
    if (changed.status === status) return changed;
    return status === 'published'
      ? this.posts.publish(account, id, noPrecondition, publishedAt ?? undefined)
      : this.posts.unpublish(account, id, noPrecondition);
  }

  private async categoryId(name: string | null): Promise<string | null> {
    return name === null ? null : this.categories.ensure(name);
  }
}

function asUnreadable(error: unknown): UnreadableFile {
  if (error instanceof Problem && error.definition.status < 500) return new UnreadableFile(error.message);
  throw error;
}
