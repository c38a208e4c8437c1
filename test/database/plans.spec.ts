import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { allStatements, type Database } from '#database';
import '#auth';
import '#notifications';
import '#posts';
import '#users';
import { databaseThat } from '../support/database/explained.js';
import { outboxOn } from '../support/database/delivery.js';
import { testDatabase, type TestDatabase } from '../support/database/database.js';
import { NotificationsRepository } from '../../apps/notifications/src/notifications/notifications.repository.js';

import { CommentsRepository } from '../../apps/posts/src/comments/comments.repository.js';
import { CountsRepository } from '../../apps/posts/src/counts/counts.repository.js';
import { CountsService } from '../../apps/posts/src/counts/counts.service.js';
import { orderOf } from '../../apps/posts/src/lists/posts.order.js';
import { FeedRepository } from '../../apps/posts/src/lists/feed.repository.js';
import { PostsList } from '../../apps/posts/src/lists/posts-list.repository.js';
import { UsersList } from '../../apps/users/src/users/users-list.repository.js';
import { PostsQuery } from '../../apps/posts/src/posts/posts.dto.js';

/** A word that occurs in one title only. */
const MD5_OF_777 = 'f1c1592588411002af340cbaedd6fc33';
const AUTHOR = '018f0000-0000-7000-8000-000000000007';

/** Runs EXPLAIN for each statement instead of the statement itself, and returns the query plans. */
async function plansOf(database: Database, work: (explained: Database) => Promise<unknown>): Promise<string[]> {
  const plans: string[] = [];
  const explained = databaseThat(async (text, values) => {
    const rows = await database.query<{ 'QUERY PLAN': string }>(`explain ${text}`, values);
    plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
  });
  await work(explained);
  return plans;
}

/** The generic plan of every statement of a service's repositories, as Postgres uses it for a prepared statement. */
async function genericPlans(database: Database, service: string): Promise<{ name: string; plan: string }[]> {
  const repositories = globSync(`apps/${service}/src/**/*.repository.ts`).map((path) =>
    basename(path, '.repository.ts'),
  );
  const plans: { name: string; plan: string }[] = [];
  for (const [name, shapes] of allStatements()) {
    if (!repositories.includes(name.split(':')[0] ?? '')) continue;
    for (const { shape, text } of shapes) {
      // By the simple protocol: the extended one would want values.
      const { rows } = await database.pool.query<{ 'QUERY PLAN': string }>(`explain (generic_plan) ${text}`);
      plans.push({ name: `${name} ${shape}`, plan: rows.map((row) => row['QUERY PLAN']).join('\n') });
    }
  }
  return plans;
}

describe('Lists of posts', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await testDatabase('posts');
    await test.database
      .query(`insert into authors select ('018f0000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'user' || n, 'User', null, 1
      from generate_series(1, 20000) n`);
    await test.database
      .query(`insert into posts (id, author_id, slug, title, body, body_html, status, tags, mentions, created_at, published_at)
      select gen_random_uuid(), ('018f0000-0000-7000-8000-' || lpad((1 + n % 5000)::text, 12, '0'))::uuid, 'slug' || n, 'Title ' || md5(n::text), 'B', 'B',
        case when n % 10 = 0 then 'draft' else 'published' end, array['tag' || n % 300], '{}', now() - n * interval '1 minute', now() - n * interval '1 minute'
      from generate_series(1, 20000) n`);
    const person = (n: string) => `('018f0000-0000-7000-8000-' || lpad((${n})::text, 12, '0'))::uuid`;
    await test.database.query(
      `insert into follows select ${person('n')}, ${person('1 + n % 5000')}, 1, true from generate_series(1, 20000) n
       union select '${AUTHOR}', ${person('n')}, 1, true from generate_series(100, 200) n`,
    );
    await test.database.query(`insert into categories (id, slug, name)
      select ('018f0000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'category' || n, 'Category ' || n from generate_series(1, 50) n`);
    await test.database
      .query(`update posts p set category_id = (select id from categories where slug = 'category' || (1 + length(p.slug)
      + ascii(right(p.title, 1)) % 40)) where p.slug like '%7'`);
    await test.database.query('insert into likes (post_id, account_id) select id, gen_random_uuid() from posts');
    await test.database.query(
      `insert into imports (author_id, source, post_id, fingerprint) select author_id, slug, id, slug from posts`,
    );
    await test.database.query(`insert into tags select 'more' || n, n % 50 from generate_series(1, 20000) n`);
    await test.database.query(
      `insert into author_counts select gen_random_uuid(), n % 50, now() from generate_series(1, 20000) n`,
    );
    for (const [post, count] of [
      ['slug1', 10_000],
      ['slug2', 10_000],
    ] as const) {
      await test.database.query(
        `insert into comments (id, post_id, author_id, path, body, body_html, mentions, deleted, created_at)
         select c.id, p.id, p.author_id, case when n % 3 = 0 then array[c.id] else array[p.id, c.id] end, 'C', 'C', '{}', n % 10 = 0,
           now() - n * interval '1 second'
         from posts p, lateral (select gen_random_uuid() as id, n from generate_series(1, $2::int) n) c where p.slug = $1`,
        [post, count],
      );
    }
    await test.database.query('vacuum analyze');
  });

  afterAll(async () => {
    await test.close();
  });

  const plansFor = async (query: Record<string, string>, after = false) => {
    const parsed = PostsQuery.parse(query);
    const filter = { ...parsed, viewer: AUTHOR };
    const order = orderOf(parsed);
    const values = {
      int: '1',
      real: '0.05',
      text: 'Title 8',
      timestamptz: new Date(Date.now() - 10_000 * 60_000).toISOString(),
    };
    const value = values[order.type];
    return plansOf(test.database, async (explained) => {
      await new PostsList(explained).after(filter, order, after ? { value, id: AUTHOR } : undefined, 21);
    });
  };

  it.each([
    [{}],
    [{ sort: 'publishedAt' }],
    [{ sort: 'createdAt' }],
    [{ sort: '-title' }],
    [{ sort: '-likes' }],
    [{ author: AUTHOR }],
    [{ author: 'user7' }],
    [{ tag: 'tag7' }],
    [{ category: 'category17' }],
    [{ q: MD5_OF_777 }],
    [{ q: MD5_OF_777, sort: 'title' }],
    [{ q: `"title ${MD5_OF_777}" or nothing -draft`, tag: 'tag177' }],
    [{ status: 'draft' }],
  ])('%j never read the whole table, on the first page or a deep one', async (query) => {
    for (const after of [false, true]) {
      for (const plan of await plansFor(query, after)) expect(plan).not.toMatch(/Seq Scan on (posts|authors)/);
    }
  });

  it.each([
    [{}],
    [{ sort: 'createdAt' }],
    [{ sort: '-likes' }],
    [{ sort: '-title' }],
    [{ author: 'user7' }],
    [{ category: 'category17' }],
    [{ status: 'draft' }],
    [{ tag: 'tag7' }],
  ])('%j count, and skip to a later page, without reading the table of posts', async (query) => {
    const parsed = PostsQuery.parse(query);
    const [count = '', page = ''] = await plansOf(test.database, async (explained) => {
      await new PostsList(explained).page({ ...parsed, viewer: AUTHOR }, orderOf(parsed), 40, 20);
    });
    expect(count).toMatch(
      /Index Only Scan using posts_(published|drafts)|on (tags|author_counts|published_totals|category_totals)/,
    );
    for (const plan of [count, page]) expect(plan).not.toMatch(/Seq Scan on (posts|authors)/);
    expect(page).toMatch(/Index Only Scan( Backward)? using (posts_(published|drafts)|post_tags)/);
  });

  it('of the feed never read the whole table, on the first page or a deep one', async () => {
    const after = { value: new Date(Date.now() - 10_000 * 60_000).toISOString(), id: AUTHOR };
    const plans = await plansOf(test.database, async (explained) => {
      for (const position of [undefined, after]) await new FeedRepository(explained).after(AUTHOR, position, 21);
    });
    expect(plans).toHaveLength(2);
    for (const plan of plans) expect(plan).not.toMatch(/Seq Scan on (posts|authors|follows)/);
  });

  it('of ten thousand comments never read all of them, on the first page or a deep one', async () => {
    const [post] = await test.database.query<{ id: string }>(`select id from posts where slug = 'slug1'`);
    const positions = { path: `{${AUTHOR}}`, createdAt: new Date(Date.now() - 5_000_000).toISOString() };
    for (const by of ['path', 'createdAt'] as const) {
      for (const after of [undefined, { value: positions[by], id: AUTHOR }]) {
        const plans = await plansOf(test.database, async (explained) => {
          await new CommentsRepository(explained, outboxOn(explained)).after(
            post?.id ?? '',
            { by, descending: false },
            after,
            21,
          );
        });
        expect(plans.join()).toMatch(/Index (Only )?Scan using comments_post_id/);
        expect(plans.join()).not.toMatch(/Seq Scan on (comments|authors)|Sort/);
      }
    }
  });

  it('of ten thousand comments are counted without reading those that are not deleted', async () => {
    const [post] = await test.database.query<{ id: string }>(`select id from posts where slug = 'slug1'`);
    const [count = ''] = await plansOf(test.database, async (explained) => {
      const comments = new CommentsRepository(explained, outboxOn(explained));
      await comments.page(post?.id ?? '', { by: 'path', descending: false }, 1, 20);
    });
    expect(count).toMatch(/using comments_deleted on comments c/);
    expect(count).not.toMatch(/Seq Scan/);
  });

  it('of tags and of authors never read the posts, nor the whole table of counts', async () => {
    const plans = await plansOf(test.database, async (explained) => {
      const counts = new CountsService(new CountsRepository(explained));
      for (const sort of ['posts', '-posts', 'name', '-name']) await counts.tags({ sort, page: 3, limit: 20 });
      for (const sort of ['posts', '-posts']) await counts.topAuthors({ sort, page: 3, limit: 20 });
    });
    const lists = plans.filter((plan) => !plan.startsWith('Aggregate'));
    expect([plans.length, lists.length]).toEqual([12, 6]);
    for (const plan of plans) expect(plan).not.toMatch(/ on posts/);
    for (const plan of lists) expect(plan).not.toMatch(/Seq Scan on (tags|author_counts|authors)|^ *->  Sort/m);
  });

  it('and no other statement of the service reads a whole table, planned without its values', async () => {
    const large = /Seq Scan on (posts|authors|comments|likes|follows|imports)\b/;
    const reading = await genericPlans(test.database, 'posts');
    expect(reading.length).toBeGreaterThan(40);
    // Shapes of a search without its values: the planner cannot know how rare a word is.
    const found = reading.filter(({ name, plan }) => !/"q":true/.test(name) && large.test(plan));
    expect(found.map(({ name, plan }) => `${name}\n${plan}`)).toEqual([]);
  });

  it('that read the whole table are detected', async () => {
    const plans = await plansOf(test.database, (explained) => explained.query(`select * from posts where body = 'B'`));
    expect(plans[0]).toMatch(/Seq Scan on posts/);
  });
});

describe('Lists of users', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await testDatabase('users');
    await test.database.query(`insert into users (id, handle, display_name, created_at)
      select ('018f0000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'user_' || n, 'Name ' || md5(n::text), now() - n * interval '1 minute'
      from generate_series(1, 20000) n`);
    await test.database.query(`insert into follows select a.id, b.id, now() - random() * interval '1 day' from users a
      join users b on b.handle = 'user_' || (1 + length(a.handle) * 7) where a.id <> b.id`);
    await test.database.query(
      `insert into follows select '${AUTHOR}', id, now() from users where id <> '${AUTHOR}' limit 5000 on conflict do nothing`,
    );
    await test.database.query('vacuum analyze');
  });

  afterAll(async () => {
    await test.close();
  });

  it('never read the whole table, on the first page or a deep one', async () => {
    const after = { value: new Date(Date.now() - 10_000 * 60_000).toISOString(), id: AUTHOR };
    const plans = await plansOf(test.database, async (explained) => {
      const lists = new UsersList(explained);
      for (const position of [undefined, after]) {
        for (const q of [undefined, '777']) {
          for (const descending of [true, false]) await lists.after({ q, descending, viewer: AUTHOR }, position, 21);
        }
        for (const side of ['followers', 'following'] as const) await lists.follows(AUTHOR, side, AUTHOR, position, 21);
      }
    });
    expect(plans).toHaveLength(12);
    for (const plan of plans) expect(plan).not.toMatch(/Seq Scan on (users|follows)/);
  });

  it('and no other statement of the service reads a whole table, planned without its values', async () => {
    const reading = await genericPlans(test.database, 'users');
    expect(reading.length).toBeGreaterThan(10);
    // A count ends at its limit.
    const found = reading.filter(({ name, plan }) => !name.startsWith('users-list: count') && /Seq Scan on/.test(plan));
    expect(found.map(({ name, plan }) => `${name}\n${plan}`)).toEqual([]);
  });
});

describe('Statements about accounts', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await testDatabase('auth');
    await test.database.query(`insert into accounts (id, email, password_hash)
      select gen_random_uuid(), n || '@example.com', 'h' from generate_series(1, 20000) n`);
    await test.database.query(
      `insert into sessions (id, account_id, address) select gen_random_uuid(), id, 'a' from accounts`,
    );
    await test.database.query(`insert into refresh_tokens (hash, session_id, expires_at)
      select sha256(id::text::bytea), id, now() from sessions`);
    await test.database.query('vacuum analyze');
  });

  afterAll(async () => {
    await test.close();
  });

  it('never read a whole table, planned without their values', async () => {
    const reading = await genericPlans(test.database, 'auth');
    expect(reading.length).toBeGreaterThan(15);
    const found = reading.filter(({ plan }) => /Seq Scan on (accounts|sessions|refresh_tokens)/.test(plan));
    expect(found.map(({ name, plan }) => `${name}\n${plan}`)).toEqual([]);
  });
});

describe('Lists of notifications', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await testDatabase('notifications');
    await test.database.query(`insert into notifications (id, recipient_id, event_id, type, created_at, read_at)
      select gen_random_uuid(), ('018f0000-0000-7000-8000-' || lpad((n % 200)::text, 12, '0'))::uuid, gen_random_uuid(), 'welcome',
        now() - n * interval '1 second', case when n % 3 = 0 then now() end from generate_series(1, 20000) n`);
    await test.database.query(
      `update notifications set comment_id = gen_random_uuid(), type = 'mention' where id::text < '8'`,
    );
    const many = `gen_random_uuid(), gen_random_uuid()`;
    for (const [table, columns, values] of [
      ['publications', 'event_id, post_id, author_id, published_at', `${many}, gen_random_uuid(), now()`],
      ['follow_intervals', 'follower_id, followee_id, opened_sequence, since', `${many}, 1, now()`],
      ['mentions', 'event_id, actor_id, post_id, handle, mentioned_at', `${many}, gen_random_uuid(), 'h' || n, now()`],
      ['post_mentions', 'post_id, version, handles', `gen_random_uuid(), 1, '{}'`],
      ['handles', 'person_id, version, handle, since', `gen_random_uuid(), 1, 'h' || n, now()`],
      ['comments', 'id, post_id, excerpt', `${many}, ''`],
      ['people', 'id, handle, display_name, version', `gen_random_uuid(), 'h' || n, '', 1`],
      ['posts', 'id, author_id, slug, title, version', `${many}, 's' || n, '', 1`],
      ['recipients', 'id', 'gen_random_uuid()'],
      ['preferences', 'recipient_id, type, in_app, email, webhook', `gen_random_uuid(), 'mention', true, true, true`],
      ['fan_out_jobs', 'event_id', 'gen_random_uuid()'],
    ]) {
      await test.database.query(`insert into ${table} (${columns}) select ${values} from generate_series(1, 20000) n`);
    }
    await test.database.query('vacuum analyze');
  });

  afterAll(async () => {
    await test.close();
  });

  it('never read the whole table, all or unread, on the first page or a deep one', async () => {
    const after = { value: new Date().toISOString(), id: AUTHOR };
    const plans = await plansOf(test.database, async (explained) => {
      const repository = new NotificationsRepository(explained);
      for (const unread of [true, false])
        for (const position of [undefined, after]) await repository.list(AUTHOR, unread, position, 21);
      await repository.countUnread(AUTHOR);
    });
    expect(plans).toHaveLength(5);
    for (const plan of plans) expect(plan).not.toMatch(/Seq Scan on notifications/);
  });

  it('and no other statement of the service reads a whole table, planned without its values', async () => {
    const reading = await genericPlans(test.database, 'notifications');
    expect(reading.length).toBeGreaterThan(20);
    const found = reading.filter(({ plan }) => /Seq Scan on/.test(plan));
    expect(found.map(({ name, plan }) => `${name}\n${plan}`)).toEqual([]);
  });
});
