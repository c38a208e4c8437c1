-- Which post was made of which file, so that a folder can be imported again.
create table imports (
  author_id   uuid not null,
  source      text not null,
  post_id     uuid not null references posts (id) on delete cascade,
  fingerprint text not null,
  primary key (author_id, source)
);
create index imports_post_id_idx on imports (post_id);
