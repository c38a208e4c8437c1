-- The last public keys that auth has published: a service can start while auth is away.
create table verification_keys (
  single    boolean        primary key default true check (single),
  jwks      json           not null,
  loaded_at timestamptz(3) not null default now()
);
