-- posts_published_latest serves its lists too. On its own: a run of the migration before that is broken off begins anew, and lists
-- must have an index meanwhile.
drop index concurrently if exists posts_published_by_published_at;
