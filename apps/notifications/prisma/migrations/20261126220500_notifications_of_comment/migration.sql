-- Most notifications are not of a comment: a smaller index replaces notifications_comment_id_idx.
drop index concurrently if exists notifications_of_comment;
create index concurrently notifications_of_comment on notifications (comment_id) where comment_id is not null;
drop index concurrently if exists notifications_comment_id_idx;
