import { Injectable } from '@nestjs/common';
import { Database, isForeignKeyViolation, isUniqueViolation } from '#database';
import { idOr, isId, numberedPage, type Precondition } from '#runtime';
import { v7 as uuidv7 } from 'uuid';
import { PrismaClient } from '../generated/client.js';
import { PostsCache } from '../posts/posts.cache.js';
import { postErrors } from '../posts.errors.js';
import { wordsOf } from '../posts/slugs.js';
import { type CategoriesQuery, type Category, type CategoryChange, NewCategory } from './categories.dto.js';

interface CategoryRow {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly description: string | null;
  readonly version: number | bigint;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const COLUMNS = `id, slug, name, description, version, created_at as "createdAt", updated_at as "updatedAt"`;

/** What posts are about: a short list that editors keep. */
@Injectable()
export class CategoriesService {
  constructor(
    private readonly database: Database,
    private readonly prisma: PrismaClient,
    private readonly cache: PostsCache,
  ) {}

  async list({ sort, page = 1, limit }: CategoriesQuery) {
    const direction = sort.startsWith('-') ? ('desc' as const) : ('asc' as const);
    const orderBy = sort.endsWith('name') ? { name: direction } : [{ createdAt: direction }, { id: direction }];
    const [total, rows] = await Promise.all([
      this.prisma.category.count(),
      this.prisma.category.findMany({ orderBy, skip: (page - 1) * limit, take: limit }),
    ]);
    return numberedPage(rows.map(present), page, limit, total);
  }

  async read(idOrSlug: string): Promise<Category> {
    const name = idOrSlug.toLowerCase();
    const known = isId(name) || /^[a-z0-9-]+$/.test(name);
    const row = known && (await this.prisma.category.findUnique({ where: isId(name) ? { id: name } : { slug: name } }));
    if (!row) throw postErrors.CATEGORY_NOT_FOUND();
    return present(row);
  }

  async create({ name, description }: NewCategory): Promise<Category> {
    const id = uuidv7();
    const slug = slugFor(name, id);
    return unlessTaken(async () => {
      const [row] = await this.database.query<CategoryRow>(
        `insert into categories (id, slug, name, description) values ($1, $2, $3, $4) returning ${COLUMNS}`,
        [id, slug, name, description ?? null],
      );
      return presentOr404(row);
    });
  }

  /** The id of the category of this name, which is made if there is none. For imports, whoever they are for. */
  async ensure(name: string): Promise<string> {
    const wanted = NewCategory.parse({ name }).name;
    const id = uuidv7();
    const slug = slugFor(wanted, id);
    await this.database.query('insert into categories (id, slug, name) values ($1, $2, $3) on conflict do nothing', [
      id,
      slug,
      wanted,
    ]);
    const [row] = await this.database.query<{ id: string }>(
      'select id from categories where slug = $1 or name = $2 limit 1',
      [slug, wanted],
    );
    if (!row) throw postErrors.CATEGORY_NOT_FOUND();
    return row.id;
  }

  async change(id: string, change: CategoryChange, precondition: Precondition): Promise<Category> {
    return this.withLock(id, async (before) => {
      precondition.assert(Number(before.version));
      const { name, description } = { ...before, ...change };
      if (name === before.name && description === before.description) return present(before);
      const [row] = await this.database.query<CategoryRow>(
        `update categories set name = $2, description = $3, version = version + 1, updated_at = now()
         where id = $1 returning ${COLUMNS}`,
        [before.id, name, description],
      );
      // Any number of posts show its name.
      await this.cache.invalidateAll();
      return presentOr404(row);
    });
  }

  /** Only one without posts: they would be left without a category unasked. */
  async delete(id: string, precondition: Precondition): Promise<void> {
    await this.withLock(id, async (before) => {
      precondition.assert(Number(before.version));
      await this.database.query('delete from categories where id = $1', [before.id]);
    });
  }

  private withLock<T>(id: string, work: (row: CategoryRow) => Promise<T>): Promise<T> {
    const known = idOr(postErrors.CATEGORY_NOT_FOUND, id);
    return unlessTaken(() =>
      this.database.transaction(async () => {
        const rows = await this.database.query<CategoryRow>(
          `select ${COLUMNS} from categories where id = $1 for update`,
          [known],
        );
        const [row] = rows;
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

function presentOr404(row: CategoryRow | undefined): Category {
  if (!row) throw postErrors.CATEGORY_NOT_FOUND();
  return present(row);
}

function present({ id, slug, name, description, version, createdAt, updatedAt }: CategoryRow): Category {
  return {
    id,
    slug,
    name,
    description,
    version: Number(version),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
