import { cursorMeta, cursorQuery } from '#runtime';
import { z } from 'zod';

export const NotificationsQuery = cursorQuery({
  unread: z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .optional(),
});
export type NotificationsQuery = z.infer<typeof NotificationsQuery>;

export const ReadMark = z.strictObject({ read: z.literal(true) });

export const Notification = z
  .object({
    id: z.uuid(),
    type: z.enum(['welcome', 'post.published', 'post.liked', 'user.followed']),
    actor: z
      .object({ id: z.uuid(), handle: z.string(), displayName: z.string(), imageUrl: z.string().nullable() })
      .nullable()
      .describe('Who did it; null where nobody did.'),
    subject: z
      .object({ type: z.literal('post'), id: z.uuid(), slug: z.string(), title: z.string() })
      .nullable()
      .describe('What it was done to, as it is now; null once it is deleted.'),
    text: z.string(),
    readAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Notification' });
export type Notification = z.infer<typeof Notification>;

export const notificationsMeta = cursorMeta.extend({ unread: z.int() });
