create table categories (
  id          uuid primary key,
  slug        text           not null,
  name        text           not null,
  description text,
  version     bigint         not null default 1,
  created_at  timestamptz(3) not null default now(),
  updated_at  timestamptz(3) not null default now()
);
create unique index categories_slug_key on categories (slug);
create unique index categories_name_key on categories (name);

alter table posts
  add column category_id      uuid references categories (id) on delete restrict,
  add column comments         integer not null default 0,
  add column comment_sequence bigint  not null default 0,
  add column search tsvector generated always as (
    setweight(to_tsvector('english', title), 'A') ||
    setweight(to_tsvector('english', coalesce(summary, '')), 'B') ||
    -- The parser takes time with the square of the length of what has no spaces, so it gets some.
    setweight(to_tsvector('english', regexp_replace(body, '(\S{100})', '\1 ', 'g')), 'C')) stored;
create index posts_category_id_idx on posts (category_id);
create index posts_published_by_category on posts (category_id, published_at desc, id desc) where status = 'published';
create index posts_published_search on posts using gin (search) where status = 'published';

-- `path` holds the ids from the first comment of the thread to the comment itself: the order of a thread, and its depth.
create table comments (
  id         uuid primary key,
  post_id    uuid           not null references posts (id) on delete cascade,
  author_id  uuid           not null,
  path       uuid[]         not null,
  body       text           not null,
  body_html  text           not null,
  mentions   text[]         not null,
  version    bigint         not null default 1,
  deleted    boolean        not null default false,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
create unique index comments_post_id_path_key on comments (post_id, path);
create index comments_post_id_created_at_id_idx on comments (post_id, created_at, id);

-- Counts of published posts, so that no list of tags or authors reads all posts.
create table tags (
  name  text primary key,
  posts integer not null
);
create index tags_posts_name_idx on tags (posts desc, name);
create table author_counts (
  author_id    uuid primary key,
  posts        integer        not null,
  last_post_at timestamptz(3)
);
create index author_counts_posts_author_id_idx on author_counts (posts desc, author_id);

-- Kept by the database itself, so that no way to write a post can forget it.
create function count_published_posts() returns trigger language plpgsql set search_path from current as $$
declare
  was boolean := tg_op <> 'INSERT' and old.status = 'published';
  is_now boolean := tg_op <> 'DELETE' and new.status = 'published';
  author uuid := case when tg_op = 'DELETE' then old.author_id else new.author_id end;
begin
  -- In the order of their names: two posts with the same tags must not wait for each other.
  insert into tags as t (name, posts)
    select name, sum(step) from (
      select unnest(new.tags) as name, 1 as step where is_now
      union all select unnest(old.tags), -1 where was) as change
    group by name having sum(step) <> 0 order by name
  on conflict (name) do update set posts = t.posts + excluded.posts;
  if was <> is_now then
    insert into author_counts (author_id, posts) values (author, 0) on conflict do nothing;
    -- The lock first, then the look: whoever had the row before has committed when this finds the latest post.
    perform from author_counts where author_id = author for update;
    update author_counts set posts = posts + case when is_now then 1 else -1 end,
      last_post_at = (select max(published_at) from posts where author_id = author and status = 'published')
    where author_id = author;
  end if;
  return null;
end $$;
create trigger count_added after insert on posts for each row
  when (new.status = 'published') execute function count_published_posts();
create trigger count_changed after update of status, tags on posts for each row
  when (old.status = 'published' or new.status = 'published') execute function count_published_posts();
create trigger count_removed after delete on posts for each row
  when (old.status = 'published') execute function count_published_posts();

-- What was published before this migration.
insert into tags (name, posts)
  select name, count(*) from posts, unnest(tags) as name where status = 'published' group by name;
insert into author_counts (author_id, posts, last_post_at)
  select author_id, count(*), max(published_at) from posts where status = 'published' group by author_id;
