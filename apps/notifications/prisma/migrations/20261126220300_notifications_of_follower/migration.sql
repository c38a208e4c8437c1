drop index concurrently if exists notifications_of_follower;
create index concurrently notifications_of_follower on notifications (recipient_id, actor_id, created_at)
  where type = 'user.followed';
