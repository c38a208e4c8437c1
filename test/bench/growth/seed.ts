import type { ArenaDatabase } from '../arena.js';

/** Who reads: `many` follows a thousand authors or as many as there are, `few` ten; both like and are notified. */
export const readers = { many: 1, few: 2 } as const;

/** How many posts have the tag, or the word in their body, of these. */
export const shares = { half: 2, twentieth: 20, rare: 5_000 } as const;

const personId = (number: number | string) => `('10000000-0000-7000-8000-' || lpad(to_hex(${number}), 12, '0'))::uuid`;
const postId = (number: number | string) => `('20000000-0000-7000-8000-' || lpad(to_hex(${number}), 12, '0'))::uuid`;
const commentId = (number: string) => `('30000000-0000-7000-8000-' || lpad(to_hex(${number}), 12, '0'))::uuid`;
/** The same number for the same `n`, evenly spread below `below`. */
const spread = (n: string, below: number | string) => `(1 + (hashint8(${n})::bigint & 2147483647) % ${below})`;

const WORDS = 60;
const FOLLOWED_BY_MANY = 1_000;
const FOLLOWED_BY_FEW = 10;

/**
 * Fills a database with `posts` posts, a tenth as many authors, as many follows and likes, and half as many comments, of
 * which the first post has one in a hundred. Much of one table is of the few people and posts that everybody knows.
 */
export async function seed(database: Pick<ArenaDatabase, 'query'>, posts: number): Promise<void> {
  const people = Math.max(posts / 10, 100);
  for (const statement of statements(posts, people)) await database.query(statement);
}

function statements(posts: number, people: number): string[] {
  const author = spread('n', people);
  const everyone = `generate_series(1, ${people}) n`;
  const published = `now() - (${posts} - n) * interval '10 seconds'`;
  const words = `(select string_agg('word' || ${spread(`n * ${WORDS} + w`, 20_000)}, ' ') from generate_series(1, ${WORDS}) w)`;
  const common = `case when n % ${shares.half} = 0 then ' halfword' else '' end || case when n % ${shares.twentieth} = 0 then ' someword' else '' end || case when n % ${shares.rare} = 0 then ' rareword' else '' end`;
  const tags = `array_remove(array['tag' || n % 1000, case when n % ${shares.half} = 0 then 'half' end, case when n % ${shares.twentieth} = 0 then 'some' end, case when n % ${shares.rare} = 0 then 'rare' end], null)`;
  const follows = [
    `select ${spread('n', people)} as a, ${spread('n + 7', people)} as b, n from generate_series(1, ${posts}) n`,
    `select ${readers.many}, n + 2, n from generate_series(1, least(${FOLLOWED_BY_MANY}, ${people} - 2)) n`,
    `select ${readers.few}, n + 2, n from generate_series(1, ${FOLLOWED_BY_FEW}) n`,
    // Somebody whom half of all follow.
    `select n, 3, n from generate_series(4, ${people}, 2) n`,
  ].join(' union all ');
  const distinct = `select distinct on (a, b) a, b, n from (${follows}) f where a <> b order by a, b`;
  return [
    `insert into users.users (id, handle, display_name, created_at) select ${personId('n')}, 'person_' || n, 'Person ' || n, now() - n * interval '1 minute' from ${everyone}`,
    `insert into posts.authors select ${personId('n')}, 'person_' || n, 'Person ' || n, null, 1 from ${everyone}`,
    `insert into notifications.people (id, handle, display_name, version) select ${personId('n')}, 'person_' || n, 'Person ' || n, 1 from ${everyone}`,
    `insert into notifications.recipients select ${personId('n')} from ${everyone}`,
    `create temporary table f as ${distinct}`,
    `insert into users.follows select ${personId('a')}, ${personId('b')}, now() - n * interval '1 second' from f`,
    `insert into posts.follows select ${personId('a')}, ${personId('b')}, 1, true from f`,
    `drop table f`,
    `update users.users u set followers = c.followers from (select followee_id, count(*) as followers from users.follows group by 1) c where u.id = c.followee_id`,
    `insert into posts.categories (id, slug, name) select ${personId('n')}, 'category-' || n, 'Category ' || n from generate_series(1, 20) n`,
    `alter table posts.posts disable trigger user`,
    `insert into posts.posts (id, author_id, slug, title, summary, body, body_html, status, tags, mentions, likes, category_id, created_at, updated_at, published_at)
     select ${postId('n')}, ${personId(author)}, 'post-' || n, 'Title ' || ${spread('n + 3', 20_000)} || ' of ' || n, null, text, '<p>' || text || '</p>',
       case when n % 20 = 7 then 'draft' else 'published' end, ${tags}, '{}', n % 50, ${personId('1 + n % 20')}, ${published}, ${published}, ${published}
     from generate_series(1, ${posts}) n, lateral (select ${words} || ${common} as text) t`,
    `alter table posts.posts enable trigger user`,
    `insert into posts.tags select tag, count(*) from posts.posts, unnest(tags) tag where status = 'published' group by 1`,
    `insert into posts.author_counts select author_id, count(*), max(published_at) from posts.posts where status = 'published' group by 1`,
    `insert into posts.post_tags select distinct tag, published_at, id from posts.posts, unnest(tags) tag where status = 'published'`,
    `update posts.published_totals set posts = (select count(*) from posts.posts where status = 'published') where part = 0`,
    `insert into posts.category_totals select category_id, 0, count(*) from posts.posts where status = 'published' group by 1`,
    `insert into posts.likes (post_id, account_id) select distinct ${postId(spread('n + 11', posts))}, ${personId(spread('n + 13', people))} from generate_series(1, ${posts}) n`,
    `insert into posts.comments (id, post_id, author_id, path, body, body_html, mentions, created_at)
     select ${commentId('n')}, ${postId(`case when n % 100 = 0 then 1 else ${spread('n + 17', posts)} end`)}, ${personId(author)}, array[${commentId('n')}], 'C', '<p>C</p>', '{}', now() - n * interval '1 second'
     from generate_series(1, ${posts / 2}) n`,
    `update posts.posts p set comments = c.n from (select post_id, count(*) as n from posts.comments group by 1) c where p.id = c.post_id`,
    `insert into notifications.posts (id, author_id, slug, title, version) select id, author_id, slug, title, 1 from posts.posts where status = 'published'`,
    `insert into notifications.notifications (id, recipient_id, event_id, type, actor_id, post_id, created_at, read_at)
     select gen_random_uuid(), ${personId(`case when n % 100 = 0 then ${readers.many} else ${author} end`)}, gen_random_uuid(), 'post.liked', ${personId(spread('n + 19', people))}, ${postId(spread('n + 23', posts))},
       now() - n * interval '1 second', case when n % 3 = 0 then now() end from generate_series(1, ${posts}) n`,
    `vacuum (analyze) posts.posts`,
    `vacuum (analyze)`,
  ];
}
