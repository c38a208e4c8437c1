-- How many posts are published, and how many in each category (decision 21). Each number is the sum of sixteen parts, so that
-- publications at the same time rarely wait for one row: each connection adds to the part of its process.
create table published_totals (
  part  smallint primary key,
  posts integer not null
);
create table category_totals (
  category_id uuid     not null references categories (id) on delete cascade,
  part        smallint not null,
  posts       integer  not null,
  primary key (category_id, part)
);

-- Nobody writes a post between the count and the trigger: writes wait for as long as it takes to count an index.
lock table posts in share row exclusive mode;
insert into published_totals select 0, count(*) from posts where status = 'published';
insert into category_totals
  select category_id, 0, count(*) from posts where status = 'published' and category_id is not null group by category_id;

create function total_published_posts() returns trigger language plpgsql set search_path from current as $$
declare
  was boolean := tg_op <> 'INSERT' and old.status = 'published';
  is_now boolean := tg_op <> 'DELETE' and new.status = 'published';
  own_part smallint := pg_backend_pid() % 16;
begin
  -- In the order of their ids: two posts that change categories must not wait for each other.
  insert into category_totals as c (category_id, part, posts)
    select id, own_part, sum(step) from (
      select new.category_id as id, 1 as step where is_now
      union all select old.category_id, -1 where was) as change
    where id is not null group by id having sum(step) <> 0 order by id
  on conflict (category_id, part) do update set posts = c.posts + excluded.posts;
  if was <> is_now then
    insert into published_totals as t (part, posts) values (own_part, case when is_now then 1 else -1 end)
    on conflict (part) do update set posts = t.posts + excluded.posts;
  end if;
  return null;
end $$;
create trigger total_added after insert on posts for each row
  when (new.status = 'published') execute function total_published_posts();
create trigger total_changed after update of status, category_id on posts for each row
  when ((old.status = 'published' or new.status = 'published')
    and (old.status, old.category_id) is distinct from (new.status, new.category_id))
  execute function total_published_posts();
create trigger total_removed after delete on posts for each row
  when (old.status = 'published') execute function total_published_posts();
