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
import { nameOf } from './site.js';

/** A file, and whose post it is. */
export interface OwnedFile {
  readonly authorId: string;
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

  /** The names of the files of a site that have posts of this author. */
  async namesIn(site: string, authorId: string): Promise<string[]> {
    return [...(await this.slugsIn(site, authorId)).keys()];
  }

  /**
   * Imports files of a site one after the other, each in a transaction of its own. Links between them, and to those that were
   * imported before, lead to their posts, which is why the ids of new posts are chosen first. Importing an unchanged file
   * changes nothing, even if the post was edited since; a deleted post is created again. What the platform refuses is passed
   * to `done` as an UnreadableFile.
   */
  async importAll<File extends OwnedFile>(
    site: string,
    files: readonly File[],
    done: (file: File, result: Imported | UnreadableFile) => Promise<void> | void,
  ): Promise<void> {
    const authors = [...new Set(files.map(({ authorId }) => authorId))];
    const known = new Map<string, ReadonlyMap<string, string>>();
    for (const authorId of authors) known.set(authorId, await this.slugsIn(site, authorId));
    const named = files.map((each) => {
      const [name, id] = [nameOf(each.path), uuidv7()];
      return { each, name, id, slug: known.get(each.authorId)?.get(name) ?? slugOf(each.file.post.title, id) };
    });
    const slugs = [
      ...[...known.values()].flatMap((all) => [...all]),
      ...named.map(({ name, slug }) => [name, slug] as const),
    ];
    const resolve = resolverOf(new Map(slugs.map(([name, slug]) => [name, `/v1/posts/${slug}`])));
    for (const { each, name, id } of named) {
      const { body, unresolved } = resolveLinks(each.file.post.body, each.path, resolve);
      const file = { ...each.file, post: { ...each.file.post, body } };
      const result = await this.import(each.authorId, `${site}/${name}`, file, id).catch(asUnreadable);
      await done(each, result instanceof UnreadableFile ? result : { ...result, unresolved });
    }
  }

  /** By the names of their files. */
  private async slugsIn(site: string, authorId: string): Promise<ReadonlyMap<string, string>> {
    const slugs = await this.imports.ofSite(authorId, `${site}/`);
    return new Map([...slugs].map(([source, slug]) => [source.slice(site.length + 1), slug]));
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
