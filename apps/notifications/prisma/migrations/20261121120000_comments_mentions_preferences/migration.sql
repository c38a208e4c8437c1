alter table notifications add column comment_id uuid;
alter table notifications drop constraint notifications_state_check;
alter table notifications add constraint notifications_state_check check (state in ('shown', 'withdrawn', 'suppressed'));
create index notifications_comment_id_idx on notifications (comment_id);

create table comments (
  id      uuid primary key,
  post_id uuid    not null,
  excerpt text    not null,
  deleted boolean not null default false
);

create table handles (
  person_id uuid           not null,
  version   bigint         not null,
  handle    text           not null,
  since     timestamptz(3) not null,
  primary key (person_id, version)
);
create index handles_handle_since_idx on handles (handle, since);
insert into handles (person_id, version, handle, since) select id, version, handle, '-infinity' from people;

create table mentions (
  event_id     uuid           not null,
  handle       text           not null,
  actor_id     uuid           not null,
  post_id      uuid           not null,
  comment_id   uuid,
  mentioned_at timestamptz(3) not null,
  primary key (event_id, handle)
);
create index mentions_handle_mentioned_at_idx on mentions (handle, mentioned_at);

create table preferences (
  recipient_id uuid    not null,
  type         text    not null,
  in_app       boolean not null,
  email        boolean not null,
  webhook      boolean not null,
  primary key (recipient_id, type)
);
