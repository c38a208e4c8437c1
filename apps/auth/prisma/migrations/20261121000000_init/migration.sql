create table accounts (
  id            uuid primary key,
  email         text           not null,
  password_hash text           not null,
  role          text           not null default 'author' check (role in ('reader', 'author', 'editor', 'admin')),
  sequence      bigint         not null default 1,
  created_at    timestamptz(3) not null default now()
);
create unique index accounts_email_key on accounts (email);

create table sessions (
  id           uuid primary key,
  account_id   uuid           not null references accounts (id) on delete cascade,
  user_agent   text,
  address      text           not null,
  created_at   timestamptz(3) not null default now(),
  last_used_at timestamptz(3) not null default now(),
  ended_at     timestamptz(3)
);
create index sessions_account_id_id_idx on sessions (account_id, id);

create table refresh_tokens (
  hash       bytea primary key,
  session_id uuid           not null references sessions (id) on delete cascade,
  expires_at timestamptz(3) not null,
  spent_at   timestamptz(3),
  successor  bytea
);
create index refresh_tokens_session_id_idx on refresh_tokens (session_id);

create table signing_keys (
  id          text primary key,
  public_jwk  json           not null,
  private_key bytea          not null,
  created_at  timestamptz(3) not null default now(),
  signs_from  timestamptz(3) not null
);
