-- The order in which events were booked is the witness of the order of a key. It costs nothing, where a row per consumer
-- and key, written with every event, cost as much as the inbox itself.
alter table inbox add column position bigint generated always as identity, drop column found_sequence;
drop table consumer_position;
