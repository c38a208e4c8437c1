-- What a user has been told of a post, the earliest first.
drop index concurrently if exists notifications_of_post;
create index concurrently notifications_of_post on notifications (post_id, recipient_id, created_at)
  where comment_id is null and type in ('post.published', 'mention') and state <> 'withdrawn';
