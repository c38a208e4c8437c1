import { describe, expect, it } from '@jest/globals';
import { summaryOf } from './query-summary.js';

describe('The summary of a statement', () => {
  it.each([
    ['begin', 'BEGIN', undefined],
    ['COMMIT', 'COMMIT', undefined],
    ['select 1', 'SELECT', undefined],
    ['select id from posts where id = $1', 'SELECT', 'posts'],
    ['SELECT "auth"."accounts"."id" FROM "auth"."accounts" WHERE 1=1', 'SELECT', 'accounts'],
    ['select count(*) from (select 1 from likes) as l', 'SELECT', 'likes'],
    [
      'select p.id, coalesce((select l.active from likes as l where l.post_id = p.id limit (1)), false) from posts as p',
      'SELECT',
      'posts',
    ],
    ['select pg_advisory_xact_lock(key) from unnest($1::bigint[]) as key', 'SELECT', undefined],
    ['select (select max(x) from inside where at > now()) from outside', 'SELECT', 'outside'],
    ['select now() from (select n from generate_series(1, 2) n) as x', 'SELECT', undefined],
    ['insert into outbox (id) values ($1)', 'INSERT', 'outbox'],
    ['update parked set attempts = 1', 'UPDATE', 'parked'],
    ['delete from outbox where position = any($1)', 'DELETE', 'outbox'],
    ['with change as (insert into "posts" (id) values ($1) returning *) select * from change', 'INSERT', 'posts'],
    ['with found as (select * from follows) select * from found', 'SELECT', 'follows'],
    ['select * from posts where id = $1 for update', 'SELECT', 'posts'],
    ['select * from posts as p where id = $1 for update of p', 'SELECT', 'posts'],
    ['select * from posts as "p" where id = $1 for no key update of "p" skip locked', 'SELECT', 'posts'],
    ['select * from parked limit 1 for update skip locked', 'SELECT', 'parked'],
    ['nonsense', 'NONSENSE', undefined],
    ['', 'QUERY', undefined],
  ])('%s is %s %s', (text, operation, table) => {
    expect(summaryOf(text)).toEqual({ operation, ...(table ? { table } : {}) });
  });
});
