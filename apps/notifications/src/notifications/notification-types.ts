/** The types of notifications. */
export const notificationTypes = [
  'welcome',
  'post.published',
  'comment.created',
  'post.liked',
  'user.followed',
  'mention',
] as const;
export type NotificationType = (typeof notificationTypes)[number];
