-- Answers to requests with an Idempotency-Key, stored in the transaction of their effect and replayed for 24 hours.
create table idempotency_keys (
  account_id  uuid           not null,
  method      text           not null,
  route       text           not null,
  key         text           not null,
  fingerprint text           not null,
  status      smallint       not null,
  headers     json           not null,
  body        text           not null,
  created_at  timestamptz(3) not null default now(),
  primary key (account_id, method, route, key)
);
create index idempotency_keys_created_at on idempotency_keys (created_at);
