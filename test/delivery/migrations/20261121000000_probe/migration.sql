-- Everything the probe has heard, in the order it heard it. No unique constraint: what is doubled must show.
create table heard (
  n        bigint generated always as identity primary key,
  event_id uuid           not null,
  topic    text           not null,
  key      text           not null,
  sequence bigint         not null,
  type     text           not null,
  time     timestamptz(3) not null,
  data     json           not null,
  found    bigint         not null -- the last of its key that could be seen when this one came
);

-- For the control whose relay remembers how far it was.
create table remembered (
  service  text primary key,
  position bigint not null
);
