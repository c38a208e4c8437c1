-- A notification that repeats an earlier one is kept, as the decision about its event, but not shown.
alter table notifications drop constraint notifications_state_check;
alter table notifications add constraint notifications_state_check
  check (state in ('shown', 'withdrawn', 'suppressed', 'repeated'));

-- What a user has been told of a post, the earliest first, and of a follower.
create index notifications_of_post on notifications (post_id, recipient_id, created_at)
  where comment_id is null and type in ('post.published', 'mention') and state <> 'withdrawn';
create index notifications_of_follower on notifications (recipient_id, actor_id, created_at) where type = 'user.followed';
-- Whether a post has been published more than once.
create index publications_post_id_idx on publications (post_id, published_at);

-- Most notifications are not of a comment.
drop index notifications_comment_id_idx;
create index notifications_comment_id_idx on notifications (comment_id) where comment_id is not null;
