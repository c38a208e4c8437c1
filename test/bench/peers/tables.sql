-- The tables of schema.prisma.
create table users (
  id uuid primary key,
  email text not null unique,
  password_hash text not null,
  handle text not null unique,
  display_name text not null
);
create table posts (
  id uuid primary key,
  author_id uuid not null references users (id),
  slug text not null unique,
  title text not null,
  body text not null,
  tags text[] not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  published_at timestamptz(3)
);
create index on posts (published_at desc);
create index on posts (author_id, published_at desc);
