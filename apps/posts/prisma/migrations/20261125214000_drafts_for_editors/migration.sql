-- Editors list the drafts of everybody.
create index posts_drafts_by_created_at on posts (created_at desc, id desc) where status = 'draft';
