create table recipients (
  id uuid primary key
);

create table people (
  id           uuid primary key,
  handle       text   not null,
  display_name text   not null,
  image_url    text,
  version      bigint not null
);

create table posts (
  id        uuid primary key,
  author_id uuid    not null,
  slug      text    not null,
  title     text    not null,
  version   bigint  not null,
  deleted   boolean not null default false,
  visible   boolean not null default true
);

create table publications (
  event_id     uuid primary key,
  post_id      uuid           not null,
  author_id    uuid           not null,
  published_at timestamptz(3) not null
);
create index publications_author_id_published_at_idx on publications (author_id, published_at);

create table follow_intervals (
  follower_id     uuid           not null,
  followee_id     uuid           not null,
  opened_sequence bigint         not null,
  since           timestamptz(3) not null,
  until           timestamptz(3),
  primary key (follower_id, followee_id, opened_sequence)
);
create index follow_intervals_followee_id_since_idx on follow_intervals (followee_id, since);

create table notifications (
  id           uuid primary key,
  recipient_id uuid           not null,
  event_id     uuid           not null,
  type         text           not null,
  actor_id     uuid,
  post_id      uuid,
  state        text           not null default 'shown' check (state in ('shown', 'withdrawn')),
  created_at   timestamptz(3) not null,
  read_at      timestamptz(3)
);
create unique index notifications_event_id_recipient_id_key on notifications (event_id, recipient_id);
create index notifications_shown on notifications (recipient_id, created_at desc, id desc) where state = 'shown';
create index notifications_unread on notifications (recipient_id, created_at desc, id desc)
  where state = 'shown' and read_at is null;
