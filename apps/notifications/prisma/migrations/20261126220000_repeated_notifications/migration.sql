-- A notification that repeats an earlier one is kept, as the decision about its event, but not shown.
alter table notifications drop constraint notifications_state_check;
alter table notifications add constraint notifications_state_check
  check (state in ('shown', 'withdrawn', 'suppressed', 'repeated')) not valid;

-- Whom the current text of a post mentions, so that an edit notifies only those whom it adds.
create table post_mentions (
  post_id uuid   primary key,
  version bigint not null,
  handles text[] not null
);
