-- For the correction of mentions when a handle turns out to belong to another user: without it each changed profile would
-- read all notifications.
create index notifications_unread_mentions on notifications (recipient_id, created_at)
  where type = 'mention' and read_at is null and state <> 'withdrawn';
