import type { ServiceDefinition } from '#runtime';
import { NotificationsModule } from './notifications.module.js';

export const notifications: ServiceDefinition = {
  name: 'notifications',
  summary: 'What others did that concerns oneself.',
  module: NotificationsModule,
};
