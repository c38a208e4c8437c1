-- Counts the changes of a recipient's preferences, the same in all of their rows, for ETag and If-Match.
alter table preferences add column version integer not null default 1;
