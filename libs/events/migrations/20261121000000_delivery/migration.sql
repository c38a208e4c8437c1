-- Events wait here, in the writer's database, from the commit of the change until the transport has acknowledged them.
create table outbox (
  position     bigint generated always as identity primary key,
  id           uuid           not null,
  type         text           not null,
  topic        text           not null,
  key          text           not null,
  bucket       smallint       not null,
  sequence     bigint         not null,
  time         timestamptz(3) not null,
  causation_id uuid,
  traceparent  text,
  payload      text           not null
);
create index outbox_bucket_position on outbox (bucket, position);

-- Which relay may publish which bucket, and which relays are alive.
create table relay_leases (
  bucket     smallint primary key,
  owner      uuid,
  expires_at timestamptz
);
insert into relay_leases (bucket) select generate_series(0, 15);
create table relays (
  owner   uuid primary key,
  seen_at timestamptz not null
);

-- One row per event and consumer: whoever inserts it may have the effect.
create table inbox (
  event_id       uuid           not null,
  consumer       text           not null,
  topic          text           not null,
  key            text           not null,
  sequence       bigint         not null,
  causation_id   uuid,
  found_sequence bigint         not null, -- how far the consumer was in this key; above `sequence` means: out of order
  deliveries     integer        not null default 1,
  received_at    timestamptz(3) not null default now(),
  primary key (event_id, consumer)
);
create index inbox_causation_id on inbox (causation_id) where causation_id is not null;
create index inbox_received_at on inbox using brin (received_at);

-- How far each consumer is in each key; locked while a consumer works on the key.
create table consumer_position (
  consumer text   not null,
  topic    text   not null,
  key      text   not null,
  sequence bigint not null,
  previous bigint not null,
  primary key (consumer, topic, key)
);

-- Events that failed, and those of the same key and consumer behind them.
create table parked (
  consumer  text           not null,
  event_id  uuid           not null,
  topic     text           not null,
  key       text           not null,
  sequence  bigint         not null,
  record    json           not null,
  attempts  integer        not null,
  reason    text,
  next_try  timestamptz(3), -- null: as soon as it is the first of its key
  parked_at timestamptz(3) not null default now(),
  primary key (consumer, event_id)
);
create unique index parked_order on parked (consumer, topic, key, sequence, event_id);

-- Events that will not be tried again unless somebody asks for it.
create table dead_letters (
  consumer     text           not null,
  event_id     uuid           not null,
  causation_id uuid,
  topic        text           not null,
  key          text           not null,
  sequence     bigint         not null,
  record       json           not null,
  attempts     integer        not null,
  reason       text           not null,
  died_at      timestamptz(3) not null default now(),
  primary key (consumer, event_id)
);
create index dead_letters_causation_id on dead_letters (causation_id) where causation_id is not null;
