-- Which consumers a relay feeds by itself: releases that differ in them may run at the same time, on one database.
alter table relays
  add column consumers  text[]      not null default '{}',
  add column started_at timestamptz not null default now();
