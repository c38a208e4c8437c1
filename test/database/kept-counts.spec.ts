import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Database, DatabaseServer, migrate, packageRoot } from '#database';
import { libraryMigrations } from '#runtime';
import { emptyDatabase, testDatabase, type TestDatabase } from '../support/database/database.js';

const CATEGORIES = 3;
const category = (n: string) => `nullif('018f0000-0000-7000-8000-' || lpad((${n})::text, 12, '0'),
  '018f0000-0000-7000-8000-000000000000')::uuid`;

const addCategories = (database: Database) =>
  database.query(`insert into categories (id, slug, name)
    select ${category('n')}, 'category' || n, 'Category ' || n from generate_series(1, ${CATEGORIES}) n`);

/** Posts of every status, category and number of tags. Returns their ids. */
async function addPosts(database: Database, prefix: string, count: number): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `insert into posts (id, author_id, slug, title, body, body_html, status, tags, mentions, published_at, category_id)
     select gen_random_uuid(), ${category('1 + n % 4')}, $1 || n, 'T', 'B', 'B', case when n % 3 = 0 then 'draft' else 'published' end,
       (array['one', 'two'])[1:n % 3], '{}', now(), ${category(`n % ${CATEGORIES + 1}`)}
     from generate_series(1, $2::integer) n returning id`,
    [prefix, count],
  );
  return rows.map(({ id }) => id);
}

/** What the triggers keep, and what the table holds. */
async function keptAndCounted(database: Database) {
  const one = async (text: string) => (await database.query<{ found: unknown }>(text))[0]?.found;
  const map = (from: string) =>
    `select jsonb_object_agg(name, posts order by name) as found from (${from}) t where posts <> 0`;
  const published = (name: string, from = 'posts') =>
    `select ${name} as name, count(*) as posts from ${from} where status = 'published' and ${name} is not null group by 1`;
  const tagged = (from: string, id: string) =>
    `select jsonb_agg(jsonb_build_array(tag, published_at, ${id}) order by tag, ${id}) as found from ${from}`;
  return {
    kept: {
      all: Number(await one('select sum(posts) as found from published_totals')),
      categories: await one(map('select category_id as name, sum(posts) as posts from category_totals group by 1')),
      tags: await one(map('select name, posts from tags')),
      authors: await one(map('select author_id as name, posts from author_counts')),
      byTag: await one(tagged('post_tags', 'post_id')),
    },
    counted: {
      all: Number(await one(`select count(*) as found from posts where status = 'published'`)),
      categories: await one(map(published('category_id'))),
      tags: await one(map(published('tag', 'posts, unnest(tags) tag'))),
      authors: await one(map(published('author_id'))),
      byTag: await one(tagged(`posts, unnest(tags) tag where status = 'published'`, 'id')),
    },
  };
}

describe('Kept counts of posts', () => {
  let test: TestDatabase;
  let server: DatabaseServer;
  let database: Database;

  beforeAll(async () => {
    test = await testDatabase('posts');
    // More connections than a total has parts.
    server = new DatabaseServer(() => test.url, 20);
    database = server.open('posts');
    await addCategories(database);
  });

  afterAll(async () => {
    await server.close();
    await test.close();
  });

  it('equal what is counted after writes of every kind at the same time', async () => {
    const ids = (await Promise.all(['a', 'b', 'c', 'd'].map((prefix) => addPosts(database, prefix, 40)))).flat();
    const writes = [
      `update posts set status = case status when 'draft' then 'published' else 'draft' end where id = $1`,
      `update posts set category_id = ${category('1')} where id = $1`,
      `update posts set category_id = null, tags = '{two}' where id = $1`,
      `update posts set category_id = ${category('2')}, status = 'published' where id = $1`,
      `update posts set title = 'Other', published_at = now() where id = $1`,
      'delete from posts where id = $1',
    ];
    await Promise.all(
      ids.flatMap((id, n) => [n, n + 1, n + 3].map((which) => database.query(writes[which % 6] ?? '', [id]))),
    );
    const { kept, counted } = await keptAndCounted(database);
    expect(counted.all).toBeGreaterThan(0);
    expect(kept).toEqual(counted);
  });

  it('of a category go with it', async () => {
    const parts = () => database.query(`select * from category_totals where category_id = ${category('3')}`);
    await addPosts(database, 'gone', 4);
    expect(await parts()).not.toEqual([]);
    await database.query(`update posts set category_id = null where category_id = ${category('3')}`);
    await database.query(`delete from categories where slug = 'category3'`);
    expect(await parts()).toEqual([]);
  });

  it('begin with the posts that were there before them', async () => {
    const url = await emptyDatabase();
    const folder = join(packageRoot(), 'apps/posts/prisma/migrations');
    const earlier = mkdtempSync(join(tmpdir(), 'migrations-'));
    const migrated = new DatabaseServer(() => url, 5);
    try {
      cpSync(folder, earlier, { recursive: true, filter: (path) => !/kept_totals|post_tags/.test(path) });
      await migrate({ service: 'posts', url, libraries: libraryMigrations(), folder: earlier });
      const old = migrated.open('posts');
      await addCategories(old);
      await addPosts(old, 'old', 40);
      await migrate({ service: 'posts', url, libraries: libraryMigrations(), folder });
      await addPosts(old, 'new', 40);
      const { kept, counted } = await keptAndCounted(old);
      expect(counted.all).toBe(54);
      expect(kept).toEqual(counted);
    } finally {
      await migrated.close();
      rmSync(earlier, { recursive: true });
    }
  });
});
