create table authors (
  id           uuid primary key,
  handle       text   not null,
  display_name text   not null,
  image_url    text,
  version      bigint not null
);
create index authors_handle_idx on authors (handle);

create table follows (
  follower_id uuid    not null,
  followee_id uuid    not null,
  sequence    bigint  not null,
  active      boolean not null,
  primary key (follower_id, followee_id)
);

create table posts (
  id           uuid primary key,
  author_id    uuid           not null,
  slug         text           not null,
  title        text           not null,
  summary      text,
  body         text           not null,
  body_html    text           not null,
  status       text           not null check (status in ('draft', 'published')),
  tags         text[]         not null,
  mentions     text[]         not null,
  version      bigint         not null default 1,
  sequence     bigint         not null default 0,
  likes        integer        not null default 0,
  created_at   timestamptz(3) not null default now(),
  updated_at   timestamptz(3) not null default now(),
  published_at timestamptz(3),
  check (status = 'draft' or published_at is not null)
);
create unique index posts_slug_key on posts (slug);

-- A like that was taken back stays, inactive: a post is liked for the first time once per person, ever.
create table likes (
  post_id    uuid           not null references posts (id) on delete cascade,
  account_id uuid           not null,
  active     boolean        not null default true,
  created_at timestamptz(3) not null default now(),
  primary key (post_id, account_id)
);

-- The lists that everybody reads are of published posts only; each order that they can be asked in has its index.
create index posts_published_by_published_at on posts (published_at desc, id desc) where status = 'published';
create index posts_published_by_created_at on posts (created_at desc, id desc) where status = 'published';
create index posts_published_by_likes on posts (likes desc, id desc) where status = 'published';
create index posts_published_by_title on posts (title, id) where status = 'published';
create index posts_published_by_author on posts (author_id, published_at desc, id desc) where status = 'published';
create index posts_published_tags on posts using gin (tags) where status = 'published';
create index posts_drafts_by_author on posts (author_id, created_at desc, id desc) where status = 'draft';
