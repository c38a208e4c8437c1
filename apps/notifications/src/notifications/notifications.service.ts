import { Injectable } from '@nestjs/common';
import { cursorPage, cursorTime, decodeCursor, idOr } from '#runtime';
import type { NotificationType } from './notification-types.js';
import type { Notification, NotificationsQuery } from './notifications.dto.js';
import { notificationErrors } from '../notifications.errors.js';
import { type NotificationRow, NotificationsRepository } from './notifications.repository.js';

@Injectable()
export class NotificationsService {
  constructor(private readonly repository: NotificationsRepository) {}

  async list(recipientId: string, { unread, limit, cursor }: NotificationsQuery) {
    const list = `notifications ${recipientId}${unread === true ? ' unread' : ''}`;
    const after = decodeCursor(list, cursor, cursorTime);
    const [rows, unreadCount] = await Promise.all([
      this.repository.list(recipientId, unread === true, after, limit + 1),
      this.repository.countUnread(recipientId),
    ]);
    const positionOf = (row: NotificationRow) => ({ value: row.createdAt.toISOString(), id: row.id });
    const { data, meta } = cursorPage(list, rows, limit, positionOf, present);
    return { data, meta: { ...meta, unread: unreadCount } };
  }

  async mark(recipientId: string, id: string, read: boolean): Promise<Notification> {
    const row = await this.repository.mark(recipientId, idOr(notificationErrors.NOTIFICATION_NOT_FOUND, id), read);
    if (!row) throw notificationErrors.NOTIFICATION_NOT_FOUND();
    return present(row);
  }

  async markAllRead(recipientId: string, before?: Date): Promise<void> {
    await this.repository.markAllRead(recipientId, before);
  }
}

function present(row: NotificationRow): Notification {
  const { id, type, actor, subject } = row;
  const readAt = row.readAt?.toISOString() ?? null;
  return { id, type, actor, subject, text: textOf(row), readAt, createdAt: row.createdAt.toISOString() };
}

function textOf({ type, actor, subject }: NotificationRow): string {
  const who = actor?.displayName ?? 'Someone';
  const post = subject?.type === 'comment' ? subject.post : subject;
  const what = post ? `“${post.title}”` : undefined;
  const texts: Record<NotificationType, string> = {
    welcome: 'Welcome to Twofold.',
    'user.followed': `${who} follows you.`,
    'post.published': what ? `${who} published ${what}.` : `${who} published a post that is no longer available.`,
    'post.liked': what ? `${who} likes ${what}.` : `${who} liked a post that is no longer available.`,
    'comment.created': what ? `${who} commented on ${what}.` : `${who} wrote a comment that is no longer available.`,
    mention: what ? `${who} mentioned you in ${what}.` : `${who} mentioned you in a text that is no longer available.`,
  };
  return texts[type];
}
