import { z } from 'zod';
import { notificationTypes } from '../notifications/notification-types.js';

const types = z.enum(notificationTypes);
const on = z.boolean().describe('Whether the channel is enabled; on by default.');

export const Preferences = z
  .record(types, z.object({ inApp: on, email: on, webhook: on }))
  .meta({ id: 'NotificationPreferences' });
export type Preferences = z.infer<typeof Preferences>;

export const ChangedPreferences = z
  .partialRecord(
    types,
    z.strictObject({ inApp: z.boolean().optional(), email: z.boolean().optional(), webhook: z.boolean().optional() }),
  )
  .meta({ id: 'ChangedPreferences', example: { 'post.liked': { email: false } } });
export type ChangedPreferences = z.infer<typeof ChangedPreferences>;
