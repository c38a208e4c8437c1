-- A suspended account cannot log in, and has no session.
alter table accounts add column suspended_at timestamptz(3);
