#!/bin/sh
# Runs at the first start of Postgres: creates a database and two roles per service. Only those may connect to it. The second
# cannot log in until a password is changed: see docs/runbooks/change-a-database-password.md.
set -eu
for name in auth users posts notifications; do
  password=$(eval "printf %s \"\$$(printf %s "$name" | tr '[:lower:]' '[:upper:]')_DATABASE_PASSWORD\"")
  psql -q -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres -v name="$name" -v password="$password" <<'SQL'
create role :"name" login password :'password';
create database :"name" owner :"name";
select :'name' || '_2' as second \gset
create role :"second" nologin in role :"name";
-- What the one creates belongs to the other, too.
alter role :"second" set role :'name';
revoke all on database :"name" from public;
SQL
done
psql -q -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres -c 'revoke connect on database postgres, template1 from public'
