import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FeedRepository } from '../../apps/posts/src/lists/feed.repository.js';
import { testDatabase, type TestDatabase } from '../support/database/database.js';

const id = (n: string | number) => `('018f0000-0000-7000-8000-' || lpad((${n})::text, 12, '0'))::uuid`;
const reader = (n: number) => `018f0000-0000-7000-8000-${String(n).padStart(12, '0')}`;

describe('The feed', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await testDatabase('posts');
    const { database } = test;
    await database.query(
      `insert into authors select ${id('n')}, 'user' || n, 'User', null, 1 from generate_series(1, 200) n`,
    );
    // Authors 1 to 100 wrote the latest 5,500 posts, 101 to 200 the 500 before; three at a time, and a draft now and then.
    await database.query(`insert into posts (id, author_id, slug, title, body, body_html, status, tags, mentions, published_at)
      select gen_random_uuid(), ${id('case when n <= 5500 then 1 + n % 100 else 101 + n % 100 end')}, 'slug' || n, 'T', 'B', 'B',
        case when n % 17 = 0 then 'draft' else 'published' end, '{}', '{}', now() - n / 3 * interval '1 minute'
      from generate_series(1, 6000) n`);
    const follow = (follower: number, from: number, to: number) =>
      database.query(
        `insert into follows select '${reader(follower)}', ${id('n')}, 1, n % 10 <> 0 from generate_series(${from}, ${to}) n`,
      );
    await follow(901, 1, 10);
    await follow(902, 1, 90);
    await follow(903, 101, 190);
    await follow(904, 99, 190);
    // Fifty active ones, and fifty-one.
    await follow(905, 1, 55);
    await follow(906, 1, 56);
    await database.query('vacuum analyze');
  });

  afterAll(async () => {
    await test.close();
  });

  const expectedFor = async (follower: string) => {
    const rows = await test.database.query<{ id: string }>(
      `select id from posts where status = 'published'
       and author_id in (select followee_id from follows where follower_id = $1 and active)
       order by published_at desc, id desc`,
      [follower],
    );
    return rows.map((row) => row.id);
  };

  const walk = async (follower: string, limit: number) => {
    const feed = new FeedRepository(test.database);
    const found: string[] = [];
    let after: { value: string; id: string } | undefined;
    for (;;) {
      const rows = await feed.after(follower, after, limit);
      found.push(...rows.map((row) => row.id));
      const last = rows.at(-1);
      if (!last || rows.length < limit) return found;
      after = { value: last.publishedAt?.toISOString() ?? '', id: last.id };
    }
  };

  it.each([
    ['few authors', 901, 465],
    ['many authors who wrote lately', 902, 4192],
    ['many authors who have not written for long', 903, 382],
    ['many authors of whom one has written lately', 904, 434],
    ['just few enough authors', 905, 2588],
    ['just too many authors', 906, 2639],
    ['nobody', 907, 0],
  ])('of somebody who follows %s has each post once, the latest first', async (_, follower, count) => {
    const expected = await expectedFor(reader(follower));
    expect(expected).toHaveLength(count);
    for (const limit of [7, 20, 21, 101]) expect(await walk(reader(follower), limit)).toEqual(expected);
  });
});
