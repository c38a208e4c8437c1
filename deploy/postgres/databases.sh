#!/bin/sh
# Runs at the first start of Postgres: creates a database and a role per service. Only that role may connect to it.
set -eu
for name in auth users posts notifications; do
  password=$(eval "printf %s \"\$$(printf %s "$name" | tr '[:lower:]' '[:upper:]')_DATABASE_PASSWORD\"")
  psql -q -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres -v name="$name" -v password="$password" <<'SQL'
create role :"name" login password :'password';
create database :"name" owner :"name";
revoke all on database :"name" from public;
SQL
done
psql -q -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres -c 'revoke connect on database postgres, template1 from public'
