-- A post knows how many of its comments are not deleted. Of the others, those are counted that keep their place in a thread.
drop index concurrently if exists comments_deleted;
create index concurrently comments_deleted on comments (post_id, path) where deleted;
