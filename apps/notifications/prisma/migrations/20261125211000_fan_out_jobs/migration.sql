-- What is still to be done of a publication with many followers: a slice at a time, in the order of the followers' ids.
create table fan_out_jobs (
  event_id  uuid primary key,
  after     uuid, -- the last follower who was looked at
  served_at timestamptz(3) not null default clock_timestamp()
);
create index fan_out_jobs_served_at_idx on fan_out_jobs (served_at);

create index follow_intervals_followee_id_follower_id_idx on follow_intervals (followee_id, follower_id);
drop index follow_intervals_followee_id_since_idx;

-- A version 7 UUID (RFC 9562, 5.7) for rows that the database makes by itself: 48 bits of milliseconds, then random bits.
create function uuid_v7() returns uuid language sql volatile as $$
  select encode(set_byte(bytes, 6, (get_byte(bytes, 6) & 15) | 112), 'hex')::uuid
  from (select overlay(uuid_send(gen_random_uuid())
    placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1) as bytes) as made
$$;
