import { Injectable } from '@nestjs/common';
import { Database, isForeignKeyViolation, isUniqueViolation } from '#database';
import { idOr, isId, numberedPage, type Precondition } from '#runtime';
import { v7 as uuidv7 } from 'uuid';
import { PostsCache } from '../posts/posts.cache.js';
import { postErrors } from '../posts.errors.js';
import { wordsOf } from '../posts/slugs.js';
import { type CategoriesQuery, type Category, type CategoryChange, NewCategory } from './categories.dto.js';
import { CategoriesRepository, type CategoryRow } from './categories.repository.js';

/** What posts are about: a short list that editors keep. */
@Injectable()
export class CategoriesService {
  constructor(
    private readonly database: Database,
    private readonly repository: CategoriesRepository,
    private readonly cache: PostsCache,
  ) {}

  async list({ sort, page = 1, limit }: CategoriesQuery) {
    const by = sort.endsWith('name') ? ('name' as const) : ('createdAt' as const);
    const { rows, total } = await this.repository.page({ by, descending: sort.startsWith('-'), page, limit });
    return numberedPage(rows.map(present), page, limit, total);
  }

  async read(idOrSlug: string): Promise<Category> {
    const name = idOrSlug.toLowerCase();
    const known = isId(name) || /^[a-z0-9-]+$/.test(name);
    const row = known && (await this.repository.find(isId(name) ? { id: name } : { slug: name }));
    if (!row) throw postErrors.CATEGORY_NOT_FOUND();
    return present(row);
  }

  async create({ name, description }: NewCategory): Promise<Category> {
    const id = uuidv7();
    const category = { id, slug: slugFor(name, id), name, description: description ?? null };
    return unlessTaken(async () => present(await this.repository.add(category)));
  }

  /** The id of the category of this name, which is added if there is none. For imports. */
  async ensure(name: string): Promise<string> {
    const wanted = NewCategory.parse({ name }).name;
    const id = uuidv7();
    const ensured = await this.repository.ensure({ id, slug: slugFor(wanted, id), name: wanted, description: null });
    if (!ensured) throw postErrors.CATEGORY_NOT_FOUND();
    return ensured;
  }

  async change(id: string, change: CategoryChange, precondition: Precondition): Promise<Category> {
    return this.withLock(id, async (before) => {
      precondition.assert(before.version);
      const after = { ...before, ...change };
      if (after.name === before.name && after.description === before.description) return present(before);
      const saved = await this.repository.save(after);
      // Any number of posts show its name.
      await this.cache.invalidateAll();
      return present(saved);
    });
  }

  /** Only one without posts: they would be left without a category unasked. */
  async delete(id: string, precondition: Precondition): Promise<void> {
    await this.withLock(id, async (before) => {
      precondition.assert(before.version);
      await this.repository.remove(before.id);
    });
  }

  private withLock<T>(id: string, work: (row: CategoryRow) => Promise<T>): Promise<T> {
    const known = idOr(postErrors.CATEGORY_NOT_FOUND, id);
    return unlessTaken(() =>
      this.database.transaction(async () => {
        const row = await this.repository.lock(known);
        if (!row) throw postErrors.CATEGORY_NOT_FOUND();
        return work(row);
      }),
    );
  }
}

function slugFor(name: string, id: string): string {
  const words = wordsOf(name);
  return words === '' || isId(words) ? `category-${id.slice(-8)}` : words;
}

async function unlessTaken<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (isUniqueViolation(error)) throw postErrors.CATEGORY_EXISTS();
    if (isForeignKeyViolation(error)) throw postErrors.CATEGORY_IN_USE();
    throw error;
  }
}

function present({ id, slug, name, description, version, createdAt, updatedAt }: CategoryRow): Category {
  return {
    id,
    slug,
    name,
    description,
    version,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
