-- Whether a post has been published more than once.
drop index concurrently if exists publications_post_id_published_at_idx;
create index concurrently publications_post_id_published_at_idx on publications (post_id, published_at);
