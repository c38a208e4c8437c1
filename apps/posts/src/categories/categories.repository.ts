import { Injectable } from '@nestjs/common';
import { type InferResult, sql } from 'kysely';
import { Database, once, rowOf } from '#database';
import { PrismaClient } from '../generated/prisma/client.js';
import { db } from '../tables.js';

const COLUMNS = ['id', 'slug', 'name', 'description', 'version', 'createdAt', 'updatedAt'] as const;

function selectCategories() {
  return db.selectFrom('categories').select(COLUMNS);
}

export type CategoryRow = InferResult<ReturnType<typeof selectCategories>>[number];
export type NewCategoryRow = Pick<CategoryRow, 'id' | 'slug' | 'name' | 'description'>;
export interface CategoriesRange {
  readonly by: 'name' | 'createdAt';
  readonly descending: boolean;
  readonly page: number;
  readonly limit: number;
}

const add = once('categories: add', ({ id, slug, name, description }: NewCategoryRow) =>
  db.insertInto('categories').values({ id, slug, name, description }).returning(COLUMNS),
);
const addIfNew = once('categories: add if new', ({ id, slug, name }: NewCategoryRow) =>
  db
    .insertInto('categories')
    .values({ id, slug, name })
    .onConflict((conflict) => conflict.doNothing()),
);
const findBySlugOrName = once('categories: find by slug or name', ({ slug, name }: { slug: string; name: string }) =>
  db
    .selectFrom('categories')
    .select('id')
    .where((eb) => eb.or([eb('slug', '=', slug), eb('name', '=', name)]))
    .limit(sql.lit(1)),
);
const save = once('categories: save', ({ id, name, description }: NewCategoryRow) =>
  db
    .updateTable('categories')
    .set((eb) => ({ name, description, version: eb('version', '+', sql.lit(1)), updatedAt: sql<Date>`now()` }))
    .where('id', '=', id)
    .returning(COLUMNS),
);
const lock = once('categories: lock', ({ id }: { id: string }) => selectCategories().where('id', '=', id).forUpdate());
const remove = once('categories: remove', ({ id }: { id: string }) => db.deleteFrom('categories').where('id', '=', id));

@Injectable()
export class CategoriesRepository {
  constructor(
    private readonly database: Database,
    private readonly prisma: PrismaClient,
  ) {}

  async page({ by, descending, page, limit }: CategoriesRange): Promise<{ rows: CategoryRow[]; total: number }> {
    const direction = descending ? ('desc' as const) : ('asc' as const);
    const orderBy = by === 'name' ? [{ name: direction }] : [{ createdAt: direction }, { id: direction }];
    const [total, rows] = await Promise.all([
      this.prisma.category.count(),
      this.prisma.category.findMany({ orderBy, skip: (page - 1) * limit, take: limit }),
    ]);
    return { rows: rows.map(withNumbers), total };
  }

  async find(where: { id: string } | { slug: string }): Promise<CategoryRow | undefined> {
    const row = await this.prisma.category.findUnique({ where });
    return row ? withNumbers(row) : undefined;
  }

  async add(category: NewCategoryRow): Promise<CategoryRow> {
    return rowOf(await this.database.run(add(category)));
  }

  /** The id of the category with this slug or name, added if there is none. Undefined if it was removed meanwhile. */
  async ensure(category: NewCategoryRow): Promise<string | undefined> {
    await this.database.run(addIfNew(category));
    const [row] = await this.database.run(findBySlugOrName(category));
    return row?.id;
  }

  async lock(id: string): Promise<CategoryRow | undefined> {
    const [row] = await this.database.run(lock({ id }));
    return row;
  }

  /** A new version with another name and description. */
  async save(category: NewCategoryRow): Promise<CategoryRow> {
    return rowOf(await this.database.run(save(category)));
  }

  async remove(id: string): Promise<void> {
    await this.database.run(remove({ id }));
  }
}

function withNumbers<Row extends { version: bigint }>(row: Row) {
  return { ...row, version: Number(row.version) };
}
