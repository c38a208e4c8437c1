create table users (
  id           uuid primary key,
  handle       text           not null,
  display_name text           not null,
  bio          text,
  image_url    text,
  followers    integer        not null default 0,
  following    integer        not null default 0,
  version      bigint         not null default 1,
  sequence     bigint         not null default 0,
  created_at   timestamptz(3) not null default now(),
  updated_at   timestamptz(3) not null default now(),
  -- For ?q=: the beginning of any word of handle or name.
  search       tsvector generated always as (to_tsvector('simple', translate(handle, '_', ' ') || ' ' || handle || ' ' || display_name)) stored
);
create unique index users_handle_key on users (handle);

create table follows (
  follower_id uuid           not null references users (id) on delete cascade,
  followee_id uuid           not null references users (id) on delete cascade,
  created_at  timestamptz(3) not null default now(),
  primary key (follower_id, followee_id),
  check (follower_id <> followee_id)
);
create index follows_follower_id_created_at_idx on follows (follower_id, created_at desc, followee_id desc);
create index follows_followee_id_created_at_idx on follows (followee_id, created_at desc, follower_id desc);
create index users_search_idx on users using gin (search);
create index users_created_at_id_idx on users (created_at desc, id desc);
