-- Events that were in hand at the first delivery after a start. What is still here when they come again ended its process.
create table delivery_marks (
  event_id  uuid primary key,
  alone     boolean        not null, -- whether it was the only one in hand
  marked_at timestamptz(3) not null default now()
);

-- Where the sequence of a key did not go on by one: what is missing was lost, or given up by its relay.
create table sequence_gaps (
  topic    text           not null,
  key      text           not null,
  expected bigint         not null,
  found    bigint         not null,
  seen_at  timestamptz(3) not null default now(),
  primary key (topic, key, expected)
);

-- The latest time that this service has given an event, or has met in one: no event of it gets an earlier time.
create table event_clock (
  single boolean        primary key default true check (single),
  latest timestamptz(3) not null
);
insert into event_clock (latest) values ('epoch');
