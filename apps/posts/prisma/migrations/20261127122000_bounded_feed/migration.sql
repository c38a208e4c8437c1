-- The feed looks through the latest posts, and the authors whom somebody follows, in indexes (decision 22).
drop index concurrently if exists posts_published_latest;
create index concurrently posts_published_latest on posts (published_at desc, id desc) include (author_id)
  where status = 'published';
drop index concurrently if exists follows_active;
create index concurrently follows_active on follows (follower_id, followee_id) where active;
