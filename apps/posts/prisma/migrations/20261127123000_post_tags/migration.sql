-- The published posts of each tag in the order of their publication (decision 23). A GIN index knows which posts have a tag, but
-- holds no order, so that all of them would be read to find the latest.
create table post_tags (
  tag          text           not null,
  published_at timestamptz(3) not null,
  post_id      uuid           not null,
  primary key (tag, published_at, post_id)
);

-- Nobody writes a post between the copy and the trigger: writes wait for some seconds per million posts.
lock table posts in share row exclusive mode;
insert into post_tags
  select distinct tag, published_at, id from posts, unnest(tags) as tag where status = 'published' order by 1, 2, 3;

create function list_published_tags() returns trigger language plpgsql set search_path from current as $$
begin
  if tg_op <> 'INSERT' and old.status = 'published' then
    delete from post_tags where tag = any (old.tags) and published_at = old.published_at and post_id = old.id;
  end if;
  if tg_op <> 'DELETE' and new.status = 'published' then
    insert into post_tags select distinct tag, new.published_at, new.id from unnest(new.tags) as tag;
  end if;
  return null;
end $$;
create trigger tags_added after insert on posts for each row
  when (new.status = 'published') execute function list_published_tags();
create trigger tags_changed after update of status, tags, published_at on posts for each row
  when ((old.status = 'published' or new.status = 'published')
    and (old.status, old.tags, old.published_at) is distinct from (new.status, new.tags, new.published_at))
  execute function list_published_tags();
create trigger tags_removed after delete on posts for each row
  when (old.status = 'published') execute function list_published_tags();
