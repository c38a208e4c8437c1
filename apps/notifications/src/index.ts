import type { ServiceDefinition } from '#runtime';
import { NotificationsModule } from './notifications.module.js';

export const notifications: ServiceDefinition = {
  name: 'notifications',
  summary: 'Notifications and notification preferences of the caller.',
  module: NotificationsModule,
};
