import { cursorMeta, cursorQuery } from '#runtime';
import { z } from 'zod';
import { notificationTypes } from './notification-types.js';

export const NotificationsQuery = cursorQuery({
  unread: z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .optional()
    .describe('`true` for unread notifications only.'),
});
export type NotificationsQuery = z.infer<typeof NotificationsQuery>;

export const ReadMark = z.strictObject({ read: z.boolean() }).meta({ id: 'ReadMark' });
export type ReadMark = z.infer<typeof ReadMark>;

export const ReadAll = z
  .strictObject({
    before: z.iso
      .datetime({ offset: true })
      .transform((value) => new Date(value))
      .refine((time) => time.getTime() >= 0, { error: 'must be a time since 1970' })
      .optional()
      .describe('Only notifications created before this time.')
      .meta({ example: '2026-01-02T03:14:05.678Z' }),
  })
  .default({})
  .meta({ id: 'ReadAll' });
export type ReadAll = z.infer<typeof ReadAll>;

const named = z.object({ id: z.uuid(), slug: z.string(), title: z.string() });

export const Notification = z
  .object({
    id: z.uuid(),
    type: z.enum(notificationTypes).meta({ example: 'post.published' }),
    actor: z
      .object({ id: z.uuid(), handle: z.string(), displayName: z.string(), imageUrl: z.string().nullable() })
      .nullable()
      .describe('The user whose action caused it; null if there is none.'),
    subject: z
      .discriminatedUnion('type', [
        named.extend({ type: z.literal('post') }),
        z.object({ type: z.literal('comment'), id: z.uuid(), excerpt: z.string(), post: named }),
      ])
      .nullable()
      .describe(
        'The post concerned, in its current state, or the comment, with an excerpt of its first text; null if there is none, once it is deleted, and while a post is unpublished.',
      ),
    text: z.string(),
    readAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Notification' });
export type Notification = z.infer<typeof Notification>;

export const notificationsMeta = cursorMeta.extend({ unread: z.int() });
