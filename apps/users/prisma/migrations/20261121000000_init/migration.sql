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
  updated_at   timestamptz(3) not null default now()
);
create unique index users_handle_key on users (handle);

create table follows (
  follower_id uuid           not null references users (id) on delete cascade,
  followee_id uuid           not null references users (id) on delete cascade,
  created_at  timestamptz(3) not null default now(),
  primary key (follower_id, followee_id),
  check (follower_id <> followee_id)
);
create index follows_followee_id_idx on follows (followee_id);
