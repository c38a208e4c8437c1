-- Every event that the probe has handled, in order. No unique constraint, so that duplicates are visible.
create table received (
  n        bigint generated always as identity primary key,
  event_id uuid           not null,
  topic    text           not null,
  key      text           not null,
  sequence bigint         not null,
  type     text           not null,
  time     timestamptz(3) not null,
  data     json           not null,
  found    bigint         not null -- the highest sequence of its key that was visible when this one was handled
);

-- For the fault remembers-last-id: the last position that its relay has seen.
create table remembered (
  service  text primary key,
  position bigint not null
);
