-- Projection of auth.account: sessions whose access tokens are refused, until the last of them has expired.
create table ended_sessions (
  session_id uuid primary key,
  account_id uuid           not null,
  until      timestamptz(3) not null,
  changed_at timestamptz(3) not null default clock_timestamp()
);
create index ended_sessions_changed_at_idx on ended_sessions (changed_at);
create index ended_sessions_until_idx on ended_sessions (until);

-- Projection of auth.account: accounts that have changed since an access token may have been made.
create table changed_accounts (
  account_id      uuid primary key,
  state           text           not null check (state in ('active', 'suspended', 'deleted')),
  role            text, -- null: it has not changed
  role_changed_at timestamptz(3),
  sequence        bigint         not null,
  changed_at      timestamptz(3) not null default clock_timestamp()
);
create index changed_accounts_changed_at_idx on changed_accounts (changed_at);
